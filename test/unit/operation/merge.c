/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

#include "basic/error.h"
#include "operation/merge.h"

static void add(struct change_list *l, enum change_type type, const char *path, const char *source)
{
        assert_non_null(change_list_add(l, type, path, source));
}

static void test_shared_directory_is_made_once(void **state)
{
        __attribute__((cleanup(merged_clear))) struct merged all = {};
        _cleanup_changes_ struct change_list a = {}, b = {};

        add(&a, CHANGE_MKDIR, "/etc/systemd/system.attached", NULL);
        add(&a, CHANGE_SYMLINK, "/etc/portables/base", "/p/base");
        add(&b, CHANGE_MKDIR, "/etc/systemd/system.attached", NULL);
        add(&b, CHANGE_SYMLINK, "/etc/portables/base", "/p/base");
        add(&b, CHANGE_MKDIR, "/etc/systemd/system.attached/b.service.d", NULL);
        assert_int_equal(merge_changes(&all, &a, "a", NULL), 0);
        assert_int_equal(merge_changes(&all, &b, "b", NULL), 0);
        assert_int_equal(all.list.n, 3);
        assert_true(b.items[0].silent);
        assert_true(b.items[1].silent);
        assert_false(b.items[2].silent);
        assert_false(a.items[0].silent);
}

static void test_two_images_with_one_unit(void **state)
{
        __attribute__((cleanup(merged_clear))) struct merged all = {};
        _cleanup_changes_ struct change_list a = {}, b = {};
        _cleanup_error_ struct error error = {};

        add(&a, CHANGE_COPY, "/etc/systemd/system.attached/x.service", NULL);
        add(&b, CHANGE_COPY, "/etc/systemd/system.attached/x.service", NULL);
        assert_int_equal(merge_changes(&all, &a, "a", &error), 0);
        assert_int_equal(merge_changes(&all, &b, "b", &error), -EEXIST);
        assert_int_equal(error.kind, ERROR_UNIT_EXISTS);
        assert_string_equal(error_message(&error),
                            "'x.service' is brought by image 'a' of the same call, too");
}

/* The drop-in comes first in a plan. */
static void test_the_unit_is_told(void **state)
{
        __attribute__((cleanup(merged_clear))) struct merged all = {};
        _cleanup_changes_ struct change_list a = {}, b = {};
        _cleanup_error_ struct error error = {};

        add(&a, CHANGE_WRITE, "/etc/systemd/system.attached/x.service.d/20-portable.conf", NULL);
        add(&b, CHANGE_WRITE, "/etc/systemd/system.attached/x.service.d/20-portable.conf", NULL);
        assert_int_equal(merge_changes(&all, &a, "a", &error), 0);
        assert_int_equal(merge_changes(&all, &b, "b", &error), -EEXIST);
        assert_string_equal(error_message(&error),
                            "'x.service' is brought by image 'a' of the same call, too");
        error_clear(&error);
        assert_int_equal(merge_changes(&all, &b, "a", &error), -EEXIST);
        assert_string_equal(error_message(&error), "The image is named twice");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_shared_directory_is_made_once),
                cmocka_unit_test(test_two_images_with_one_unit),
                cmocka_unit_test(test_the_unit_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
