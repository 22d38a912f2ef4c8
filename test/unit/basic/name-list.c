/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <stdio.h>

#include "basic/name-list.h"
#include "basic/strv.h"

static void test_add(void **state)
{
        struct name_list l = {};

        for (int i = 0; i < 100; i++) {
                char name[8];

                snprintf(name, sizeof(name), "%d", 99 - i);
                assert_int_equal(name_list_add(&l, name), 0);
        }
        assert_int_equal(name_list_add(&l, "0"), 0);
        assert_int_equal(l.n, 101);
        assert_string_equal(l.items[0], "99");
        assert_string_equal(l.items[100], "0");
        assert_false(name_list_has(&(struct name_list){}, "0"));
        name_list_sort(&l);
        assert_string_equal(l.items[0], "0");
        assert_string_equal(l.items[100], "99");
        assert_true(name_list_has(&l, "0"));
        assert_true(name_list_has(&l, "50"));
        assert_false(name_list_has(&l, "100"));
        name_list_clear(&l);
        assert_int_equal(l.n, 0);
        name_list_clear(&l);
}

static void test_insert(void **state)
{
        static const char *const names[] = {"m", "a", "z", "b", "y"}, *const sorted[] = {"a", "b", "m", "y",
                                                                                         "z"};
        struct name_list l = {};

        for (size_t i = 0; i < 5; i++) {
                assert_int_equal(name_list_insert(&l, names[i]), 1);
                assert_int_equal(name_list_insert(&l, names[i]), 0);
        }
        assert_int_equal(name_list_insert(&l, "a"), 0);
        assert_int_equal(l.n, 5);
        for (size_t i = 0; i < 5; i++)
                assert_string_equal(l.items[i], sorted[i]);
        name_list_clear(&l);
}

static void test_steal(void **state)
{
        struct name_list l = {};
        char **names = name_list_steal(&l);

        assert_non_null(names);
        assert_int_equal(strv_length(names), 0);
        strv_free(names);
        assert_int_equal(name_list_add(&l, "a"), 0);
        assert_int_equal(name_list_add(&l, "b"), 0);
        names = name_list_steal(&l);
        assert_int_equal(l.n, 0);
        assert_null(l.items);
        assert_int_equal(strv_length(names), 2);
        assert_string_equal(names[1], "b");
        strv_free(names);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_add),
                cmocka_unit_test(test_insert),
                cmocka_unit_test(test_steal),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
