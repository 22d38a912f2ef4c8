/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/bus-policy.h"
#include "tree.h"

#define NAME "org.example.App"

static void test_rules(void **state)
{
        static const struct {
                const char *text;
                bool allows;
        } cases[] = {
                {"<policy user=\"root\"><allow own=\"" NAME "\"/></policy>", true},
                {"<allow own='" NAME "'/>", true},
                {"<allow\n  log=\"true\"\n  own=\"" NAME "\"/>", true},
                {"<allow own=\"*\"/>", true},
                {"<allow own_prefix=\"org.example\"/>", true},
                {"<allow own_prefix=\"" NAME "\"/>", true},
                {"<deny own=\"*\"/><allow send_destination=\"x\"/><allow own=\"" NAME "\"/>", true},
                {"", false},
                {"<deny own=\"" NAME "\"/>", false},
                {"<deny own=\"*\"/>", false},
                {"<!-- <allow own=\"" NAME "\"/> -->", false},
                {"<!-- <allow own=\"" NAME "\"/>", false},
                {"<allow own=\"" NAME "2\"/>", false},
                {"<allow own=\"org.example.Ap\"/>", false},
                {"<allow own=\"org.example\"/>", false},
                {"<allow own_prefix=\"org.exam\"/>", false},
                {"<allow send_destination=\"" NAME "\"/>", false},
                {"<allow disown=\"" NAME "\"/>", false},
                {"<allow own=\"" NAME, false},
                {"<allow own=" NAME "/>", false},
                {"<allow own=\"x\"/> own=\"" NAME "\"", false},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
                if (bus_policy_text_lets_own(cases[i].text, NAME) != cases[i].allows)
                        fail_msg("wrong: %s", cases[i].text);
}

static void test_files(void **state)
{
        struct tree *t = *state;

        assert_false(bus_policy_lets_own(t->fd, NAME));
        tree_file(t, "/usr/share/dbus-1/system.d/app", "<allow own=\"" NAME "\"/>");
        assert_false(bus_policy_lets_own(t->fd, NAME));
        tree_file(t, "/usr/share/dbus-1/system.d/app.conf", "<allow own=\"" NAME "\"/>");
        assert_true(bus_policy_lets_own(t->fd, NAME));
        assert_false(bus_policy_lets_own(t->fd, NAME "2"));
        tree_file(t, "/etc/dbus-1/system-local.conf", "<allow own=\"*\"/>");
        assert_true(bus_policy_lets_own(t->fd, NAME "2"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rules),
                cmocka_unit_test_setup_teardown(test_files, tree_setup, tree_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
