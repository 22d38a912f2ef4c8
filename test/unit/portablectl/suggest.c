/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <stdio.h>

#include "portablectl/command-line.h"
#include "portablectl/suggest.h"

static void test_commands(void **state)
{
        assert_string_equal(suggest_command("atach"), "attach");
        assert_string_equal(suggest_command("lsit"), "list");
        assert_string_equal(suggest_command("LIST"), "list");
        assert_string_equal(suggest_command("detahc"), "detach");
        assert_string_equal(suggest_command("is-atached"), "is-attached");
        assert_string_equal(suggest_command("reatachh"), "reattach");
        assert_null(suggest_command("mount"));
        assert_null(suggest_command("l"));
        assert_null(suggest_command(""));
        assert_null(suggest_command("xyzzy"));
        assert_null(suggest_command("a-word-that-is-longer-than-any-that-there-is-here"));
}

/* With a value or without; what is right, and what is none, gets no advice. */
static void test_options(void **state)
{
        assert_string_equal(suggest_option("--enbale"), "enable");
        assert_string_equal(suggest_option("--prfile=strict"), "profile");
        assert_string_equal(suggest_option("--no-pagre"), "no-pager");
        assert_null(suggest_option("--enable"));
        assert_null(suggest_option("--foo"));
        assert_null(suggest_option("-x"));
        assert_null(suggest_option("enbale"));
}

/* The newest version of what was named, else what is near, with a version or without. */
static void test_names(void **state)
{
        char *names[] = {(char *)"app",     (char *)"database_2", (char *)"web_1.10",
                         (char *)"web_1.9", (char *)"weather",    NULL};

        assert_string_equal(suggest_name("web", names), "web_1.10");
        assert_string_equal(suggest_name("web_2", names), "web_1.10");
        assert_string_equal(suggest_name("ap", names), "app");
        assert_string_equal(suggest_name("databsae", names), "database_2");
        assert_string_equal(suggest_name("databsae_2", names), "database_2");
        assert_string_equal(suggest_name("databsae_7.7", names), "database_2");
        assert_string_equal(suggest_name("waether", names), "weather");
        assert_null(suggest_name("app", names));
        assert_null(suggest_name("nothing", names));
        assert_null(suggest_name("a", names));
        assert_null(suggest_name("app", NULL));
}

/* One mistake of each kind is near, the nearest counts, and no command is taken for another. */
static void test_all_commands(void **state)
{
        for (int i = 0; i < COMMAND_MAX; i++) {
                const char *name = commands[i].name;
                size_t n = strlen(name);
                char typed[64];

                assert_string_equal(suggest_command(name), name);
                snprintf(typed, sizeof(typed), "%s%c", name, 'q');
                assert_string_equal(suggest_command(typed), name);
                snprintf(typed, sizeof(typed), "%.*s", (int)n - 1, name);
                assert_string_equal(suggest_command(typed), name);
                snprintf(typed, sizeof(typed), "%.*s%c%c", (int)n - 2, name, name[n - 1], name[n - 2]);
                assert_string_equal(suggest_command(typed), name);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_commands),
                cmocka_unit_test(test_options),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_all_commands),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
