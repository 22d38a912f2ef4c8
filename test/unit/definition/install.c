/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "definition/definition.h"
#include "definition/install.h"

#define INSTALL "[Install]\nWantedBy=multi-user.target\n"

static void add(struct install_set *s, const char *path, const char *text)
{
        assert_int_equal(install_set_add(s, path, text, strlen(text)), 0);
}

static void fill(struct install_set *s)
{
        add(s, "/a/plain.service", "[Service]\nExecStart=/x\n" INSTALL);
        add(s, "/a/none.service", "[Service]\nExecStart=/x\n");
        add(s, "/a/once.service", "[Service]\nType=oneshot\n" INSTALL);
        add(s, "/a/tick.timer", "[Timer]\nOnCalendar=daily\n" INSTALL);
        add(s, "/a/tick.service", "[Service]\nExecStart=/x\n" INSTALL);
        add(s, "/a/door.socket", "[Socket]\nService=room.service\n" INSTALL);
        add(s, "/a/room.service", "[Service]\nExecStart=/x\n" INSTALL);
        add(s, "/a/many@.service", "[Service]\nExecStart=/x\n" INSTALL);
        add(s, "/a/with.service", "[Service]\nExecStart=/x\n" INSTALL "Also=none.service\n");
}

static bool starts(const struct install_set *s, const struct definition_units *start, const char *name,
                   bool fresh)
{
        return install_set_is_started(s, start, install_set_find(s, name), fresh);
}

static void test_all(void **state)
{
        _cleanup_install_set_ struct install_set s = {};
        const struct definition_units all = {UNITS_ALL, NULL}, none = {UNITS_NONE, NULL};

        fill(&s);
        assert_true(install_set_is_enabled(&s, &all, "plain.service"));
        assert_true(install_set_is_enabled(&s, &all, "none.service")); /* by Also= */
        assert_false(install_set_is_enabled(&s, &all, "many@.service"));
        assert_false(install_set_is_enabled(&s, &none, "plain.service"));
        assert_true(starts(&s, &all, "plain.service", false));
        assert_true(starts(&s, &all, "tick.timer", false));
        assert_true(starts(&s, &all, "door.socket", false));
        assert_false(starts(&s, &all, "none.service", true));
        assert_false(starts(&s, &all, "once.service", true));
        assert_false(starts(&s, &all, "tick.service", true));
        assert_false(starts(&s, &all, "room.service", true));
        assert_false(starts(&s, &none, "plain.service", true));
}

static void test_named(void **state)
{
        char *names[] = {(char *)"once.service", (char *)"tick.service", NULL};
        const struct definition_units named = {UNITS_NAMED, names};
        _cleanup_install_set_ struct install_set s = {};

        fill(&s);
        assert_true(install_set_is_enabled(&s, &named, "once.service"));
        assert_false(install_set_is_enabled(&s, &named, "plain.service"));
        assert_true(starts(&s, &named, "once.service", true));
        assert_false(starts(&s, &named, "once.service", false));
        assert_true(starts(&s, &named, "tick.service", false));
        assert_false(starts(&s, &named, "plain.service", true));
        assert_null(install_set_find(&s, "other.service"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_all),
                cmocka_unit_test(test_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
