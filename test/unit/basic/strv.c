/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/strv.h"

static void test_split_join(void **state)
{
        _cleanup_strv_ char **l = NULL;
        _cleanup_free_ char *joined = NULL;

        assert_int_equal(strv_split("  b a\tc ", " \t", &l), 0);
        assert_int_equal(strv_length(l), 3);
        strv_sort(l);
        joined = strv_join(l, ":");
        assert_string_equal(joined, "a:b:c");
        assert_true(strv_contains(l, "c"));
        assert_false(strv_contains(l, "d"));
        assert_true(strv_equal(l, l));
        assert_true(strv_equal(NULL, NULL));
        assert_false(strv_equal(l, NULL));
        assert_false(strv_equal(NULL, l));
        assert_false(strv_equal(l, l + 1));
}

static void test_empty(void **state)
{
        _cleanup_strv_ char **l = NULL, **copy = NULL;
        _cleanup_free_ char *joined = strv_join(NULL, ":");

        assert_string_equal(joined, "");
        assert_int_equal(strv_copy(NULL, &copy), 0);
        assert_int_equal(strv_length(copy), 0);
        assert_int_equal(strv_split("", " ", &l), 0);
        assert_non_null(l);
        assert_null(l[0]);
}

static void test_many(void **state)
{
        _cleanup_strv_ char **l = NULL;

        for (int i = 0; i < 1000; i++)
                assert_int_equal(strv_append(&l, i % 2 ? "odd" : "even"), 0);
        assert_int_equal(strv_length(l), 1000);
        assert_string_equal(l[999], "odd");
}

static void test_format(void **state)
{
        _cleanup_strv_ char **l = NULL;

        assert_int_equal(strv_appendf(&l, "%s %d", "one", 1), 0);
        assert_int_equal(strv_appendf(&l, "%%"), 0);
        assert_int_equal(strv_length(l), 2);
        assert_string_equal(l[0], "one 1");
        assert_string_equal(l[1], "%");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_split_join),
                cmocka_unit_test(test_empty),
                cmocka_unit_test(test_many),
                cmocka_unit_test(test_format),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
