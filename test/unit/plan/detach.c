/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/path.h"
#include "plan/detach.h"

#define DIRECTORY "/etc/systemd/system.attached"

static const struct plan_attached_unit units[] = {
        {.name = "app.service", .directory = DIRECTORY, .unit = true, .profile = true},
        {.name = "app.socket", .directory = DIRECTORY, .unit = true, .foreign = true},
        {.name = "app.timer", .directory = DIRECTORY},
};
static const struct plan_enablement enablement[] = {
        {.path = DIRECTORY "/a.target.wants/app.service"},
        {.path = DIRECTORY "/a.target.wants", .directory = true},
};
static const struct plan_link_removal links[] = {{.path = "/etc/portables/app"}};
static const char *const emptied[] = {DIRECTORY, NULL};

static void check(bool brief)
{
        static const struct {
                const char *path;
                bool directory, in_dropin;
        } expected[] = {
                {DIRECTORY "/a.target.wants/app.service"},
                {DIRECTORY "/a.target.wants", true},
                {DIRECTORY "/app.service"},
                {DIRECTORY "/app.service.d/10-profile.conf", false, true},
                {DIRECTORY "/app.service.d/20-portable.conf", false, true},
                {DIRECTORY "/app.service.d", true},
                {DIRECTORY "/app.socket"},
                {DIRECTORY "/app.socket.d/20-portable.conf", false, true},
                {DIRECTORY "/app.timer.d/20-portable.conf", false, true},
                {DIRECTORY "/app.timer.d", true},
                {"/etc/portables/app"},
                {DIRECTORY, true},
        };
        struct plan_detach input = {.units = units,
                                    .n_units = 3,
                                    .enablement = enablement,
                                    .n_enablement = 2,
                                    .links = links,
                                    .n_links = 1,
                                    .emptied_directories = emptied,
                                    .brief = brief};
        _cleanup_changes_ struct change_list l = {};

        assert_int_equal(plan_detach(&input, &l, NULL), 0);
        assert_int_equal(l.n, ELEMENTSOF(expected));
        for (size_t i = 0; i < l.n; i++) {
                assert_int_equal(l.items[i].type, CHANGE_UNLINK);
                assert_string_equal(l.items[i].path, expected[i].path);
                assert_int_equal(l.items[i].directory, expected[i].directory);
                assert_int_equal(l.items[i].if_empty, expected[i].directory);
                assert_int_equal(l.items[i].silent, brief && expected[i].in_dropin);
                /* Drop-ins, their directories, and the attach directory above them. */
                assert_int_equal(l.items[i].confines, strstr(expected[i].path, ".d/") || i + 1 == l.n ||
                                                              string_ends_with(expected[i].path, ".d"));
        }
}

static void test_whole(void **state)
{
        check(false);
}

static void test_brief(void **state)
{
        check(true);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_brief)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
