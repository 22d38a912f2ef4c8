/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

#include "basic/cleanup.h"
#include "basic/unit-name.h"

static void test_portable(void **state)
{
        static const struct {
                const char *name;
                bool portable;
        } table[] = {
                {"a.service", true},
                {"a.socket", true},
                {"a.target", true},
                {"a.timer", true},
                {"a.path", true},
                {"a@.service", true},
                {"a@b.service", true},
                {"a\\x2db.service", true},
                {"a:b_c.service", true},
                {"a.mount", false},
                {"a.slice", false},
                {"a.scope", false},
                {"a.swap", false},
                {"a.device", false},
                {"a.automount", false},
                {"a", false},
                {"", false},
                {".service", false},
                {"a.service~", false},
                {"a.Service", false},
                {"a b.service", false},
                {"a\n.service", false},
                {"ü.service", false},
                {"a/b.service", false},
                {"../a.service", false},
                {"@.service", false},
                {"@a.service", false},
                {"a.service.d", false},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (unit_name_is_portable(table[i].name) != table[i].portable)
                        fail_msg("'%s'", table[i].name);
}

static void test_too_long(void **state)
{
        char name[300];

        memset(name, 'a', sizeof(name));
        strcpy(name + 255 - strlen(".service"), ".service");
        assert_true(unit_name_is_portable(name));
        strcpy(name + 256 - strlen(".service"), ".service");
        name[247] = 'a';
        assert_int_equal(strlen(name), 256);
        assert_false(unit_name_is_portable(name));
}

static void test_matches(void **state)
{
        static const struct {
                const char *name, *prefix;
                bool matches;
        } table[] = {
                {"app.service", "app", true},         {"app-a.service", "app", true},
                {"app@.service", "app", true},        {"app@x.service", "app", true},
                {"app-.service", "app", true},        {"app.x.service", "app", true},
                {"app.service", "app.service", true}, {"app@.service", "app@", true},
                {"app2.service", "app", false},       {"app_x.service", "app", false},
                {"App.service", "app", false},        {"app.service", "ap", false},
                {"app.service", "app-", false},       {"ap.service", "app", false},
                {"app.service", "", false},           {"-app.service", "", false},
                {"app-a.timer", "app-", false},       {"app.service", "*", false},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (unit_name_matches(table[i].name, table[i].prefix) != table[i].matches)
                        fail_msg("'%s' by '%s'", table[i].name, table[i].prefix);
}

static void test_matches_any(void **state)
{
        char *two[] = {(char *)"a", (char *)"b", NULL}, *none[] = {NULL};

        assert_true(unit_name_matches_any("x.service", NULL));
        assert_true(unit_name_matches_any("x.service", none));
        assert_true(unit_name_matches_any("a.service", two));
        assert_true(unit_name_matches_any("b-x.service", two));
        assert_false(unit_name_matches_any("x.service", two));
}

static void test_prefix(void **state)
{
        static const struct {
                const char *image, *prefix; /* NULL: refused */
        } table[] = {
                {"app", "app"},   {"app_1", "app"}, {"app_1_2", "app"}, {"my-app.x_7", "my-app.x"},
                {"App9", "App9"}, {"_1", NULL},     {"", NULL},         {"a b_1", NULL},
                {"ä", NULL},      {"a/b", NULL},    {"a@b", NULL},      {"a\nb", NULL},
                {".._1", NULL},   {"._1", NULL},    {"a%b", NULL},      {"a\\b", NULL},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_free_ char *prefix = NULL;
                int r = prefix_from_image_name(table[i].image, &prefix);

                assert_int_equal(r, table[i].prefix ? 0 : -EINVAL);
                if (table[i].prefix)
                        assert_string_equal(prefix, table[i].prefix);
        }
        assert_true(prefix_is_valid("a_b"));
        assert_false(prefix_is_valid(""));
        assert_false(prefix_is_valid("a@"));
        assert_false(prefix_is_valid("a*"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_portable), cmocka_unit_test(test_too_long),
                cmocka_unit_test(test_matches),  cmocka_unit_test(test_matches_any),
                cmocka_unit_test(test_prefix),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
