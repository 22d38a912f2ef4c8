/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "unitfile/dropin.h"

/* As systemd 252, 257 and 262 took them: with a drop-in of one name in each two of them, the first counted.
 */
static void test_directories(void **state)
{
        static const struct {
                const char *unit, *directories;
        } table[] = {
                {"a.service", "a.service.d service.d"},
                {"a-b.socket", "a-b.socket.d a-.socket.d socket.d"},
                {"tm-foo-a@x.service",
                 "tm-foo-a@x.service.d tm-foo-a@.service.d tm-foo-.service.d tm-.service.d "
                 "tm-foo-@x.service.d tm-foo-@.service.d tm-@x.service.d tm-@.service.d service.d"},
                {"a-b@.service", "a-b@.service.d a-.service.d a-@.service.d service.d"},
                {"tm-@x.service", "tm-@x.service.d tm-@.service.d service.d"},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_strv_ char **l = NULL;
                _cleanup_free_ char *joined = NULL;

                assert_int_equal(unit_dropin_directories(table[i].unit, &l), 0);
                joined = strv_join(l, " ");
                assert_string_equal(joined, table[i].directories);
        }
}

static void test_prefix(void **state)
{
        static const char *const yes[] = {"a-.service", "a-@.service", "a-@b.service", "-.service",
                                          "a--.timer"},
                                 *const no[] = {"a.service",    "a-b.service", "a@-.service",
                                                "a@b-.service", "-a.service",  "a-@b"};

        for (size_t i = 0; i < ELEMENTSOF(yes); i++)
                assert_true(unit_name_is_prefix(yes[i]));
        for (size_t i = 0; i < ELEMENTSOF(no) - 1; i++)
                assert_false(unit_name_is_prefix(no[i]));
}

static void check_template(const char *unit, const char *expected)
{
        _cleanup_free_ char *template = NULL;

        assert_int_equal(unit_name_get_template(unit, &template), 0);
        if (expected)
                assert_string_equal(template, expected);
        else
                assert_null(template);
}

static void test_template(void **state)
{
        check_template("a@b.service", "a@.service");
        check_template("a@b.c@d.service", "a@.service");
        check_template("a@.service", NULL);
        check_template("a.service", NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_directories), cmocka_unit_test(test_prefix),
                                           cmocka_unit_test(test_template)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
