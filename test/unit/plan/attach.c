/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/error.h"
#include "input.h"

#define DIRECTORY "/etc/systemd/system.attached"

struct expected {
        enum change_type type;
        const char *path, *source;
        bool silent, replace;
};

static void check(const struct plan_attach *input, const struct expected *expected, size_t n)
{
        _cleanup_changes_ struct change_list l = {};
        _cleanup_error_ struct error error = {};

        assert_int_equal(plan_attach(input, &l, &error), 0);
        assert_int_equal(l.n, n);
        for (size_t i = 0; i < n; i++) {
                const struct change *c = l.items + i;

                assert_int_equal(c->type, expected[i].type);
                assert_string_equal(c->path, expected[i].path);
                if (expected[i].source)
                        assert_string_equal(c->source, expected[i].source);
                else
                        assert_null(c->source);
                assert_int_equal(c->silent, expected[i].silent);
                assert_int_equal(c->replace, expected[i].replace);
        }
}

/* The drop-ins come before their unit, the link last. */
static void test_first_attach(void **state)
{
        static const struct expected expected[] = {
                {CHANGE_MKDIR, DIRECTORY},
                {CHANGE_MKDIR, DIRECTORY "/app.service.d"},
                {CHANGE_WRITE, DIRECTORY "/app.service.d/20-portable.conf"},
                {CHANGE_SYMLINK, DIRECTORY "/app.service.d/10-profile.conf",
                 "/usr/lib/profile/default/service.conf"},
                {CHANGE_COPY, DIRECTORY "/app.service"},
                {CHANGE_MKDIR, DIRECTORY "/app.socket.d"},
                {CHANGE_WRITE, DIRECTORY "/app.socket.d/20-portable.conf"},
                {CHANGE_COPY, DIRECTORY "/app.socket"},
                {CHANGE_MKDIR, "/etc/portables", NULL, true},
                {CHANGE_SYMLINK, "/etc/portables/app_1.raw", "/var/lib/portables/app_1.raw"},
        };
        struct plan_attach input = input_make();

        check(&input, expected, ELEMENTSOF(expected));
}

static void test_replaces_what_is_there(void **state)
{
        static const struct plan_existing_unit existing[] = {
                {.name = "app.service", .unit = true, .profile = true, .dropin_directory = true},
                {.name = "app.socket", .unit = false, .profile = true, .dropin_directory = true},
        };
        static const struct expected expected[] = {
                {CHANGE_MKDIR, DIRECTORY, NULL, true},
                {CHANGE_MKDIR, DIRECTORY "/app.service.d", NULL, true},
                {CHANGE_WRITE, DIRECTORY "/app.service.d/20-portable.conf", NULL, false, true},
                {CHANGE_COPY, DIRECTORY "/app.service.d/10-profile.conf",
                 "/usr/lib/profile/default/service.conf", false, true},
                {CHANGE_COPY, DIRECTORY "/app.service", NULL, false, true},
                {CHANGE_MKDIR, DIRECTORY "/app.socket.d", NULL, true},
                {CHANGE_WRITE, DIRECTORY "/app.socket.d/20-portable.conf", NULL, false, true},
                /* the new profile has nothing for sockets: the old file goes */
                {CHANGE_UNLINK, DIRECTORY "/app.socket.d/10-profile.conf", NULL, true},
                {CHANGE_COPY, DIRECTORY "/app.socket"},
        };
        struct plan_attach input = input_make();

        input.existing = existing;
        input.n_existing = 2;
        input.attach_directory_exists = true;
        input.n_links = 0;
        input.copy_profile = true;
        check(&input, expected, ELEMENTSOF(expected));
}

static void test_symlink_mode(void **state)
{
        static const struct plan_layer layers[] = {{.path = "/var/lib/portables/app_1"}};
        static const struct plan_unit units[] = {{
                .name = "app.target",
                .content = "[Unit]\n",
                .size = 7,
                .source = "/var/lib/portables/app_1/usr/lib/systemd/system/app.target",
                .link_target = "/var/lib/portables/app_1/usr/lib/systemd/system/app.target",
        }};
        static const struct expected expected[] = {
                {CHANGE_MKDIR, DIRECTORY},
                {CHANGE_MKDIR, DIRECTORY "/app.target.d"},
                {CHANGE_WRITE, DIRECTORY "/app.target.d/20-portable.conf"},
                {CHANGE_SYMLINK, DIRECTORY "/app.target",
                 "/var/lib/portables/app_1/usr/lib/systemd/system/app.target"},
        };
        struct plan_attach input = input_make();

        input.layers = layers;
        input.units = units;
        input.n_units = 1;
        input.n_links = 0;
        check(&input, expected, ELEMENTSOF(expected));
}

static void test_content_and_mode(void **state)
{
        _cleanup_changes_ struct change_list l = {};
        struct plan_attach input = input_make();

        assert_int_equal(plan_attach(&input, &l, NULL), 0);
        assert_int_equal(l.items[0].mode, 0755);
        assert_int_equal(l.items[4].mode, 0644);
        assert_int_equal(l.items[4].size, 10);
        assert_memory_equal(l.items[4].data, "[Service]\n", 10);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_first_attach),
                cmocka_unit_test(test_replaces_what_is_there),
                cmocka_unit_test(test_symlink_mode),
                cmocka_unit_test(test_content_and_mode),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
