/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

#include "plan/change.h"

static void test_add(void **state)
{
        _cleanup_changes_ struct change_list l = {};
        struct change *c;

        for (int i = 0; i < 100; i++) {
                c = change_list_add(&l, CHANGE_SYMLINK, "/a", i % 2 ? "/b" : NULL);
                assert_non_null(c);
                assert_int_equal(c->type, CHANGE_SYMLINK);
                assert_false(c->replace || c->directory || c->tree || c->if_empty || c->silent);
                assert_null(c->data);
                c->data = strdup("x");
        }
        assert_int_equal(l.n, 100);
        assert_string_equal(l.items[0].path, "/a");
        assert_null(l.items[0].source);
        assert_string_equal(l.items[99].source, "/b");
        change_list_clear(&l);
        assert_int_equal(l.n, 0);
        assert_null(l.items);
}

static void test_names(void **state)
{
        static const char *const names[] = {"mkdir", "write", "symlink", "copy", "unlink"};

        for (int i = 0; i < CHANGE_TYPE_MAX; i++) {
                assert_string_equal(change_type_to_string(i), names[i]);
                assert_int_equal(change_type_from_string(names[i]), i);
        }
        assert_int_equal(change_type_from_string("copied"), -EINVAL);
        assert_int_equal(change_type_from_string(""), -EINVAL);
        assert_null(change_type_to_string(CHANGE_TYPE_MAX));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_add),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
