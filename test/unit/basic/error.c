/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

#include "basic/error.h"

static void test_first_cause_stays(void **state)
{
        _cleanup_error_ struct error e = {};

        assert_int_equal(error_set(&e, ERROR_NO_SUCH_IMAGE, -ENOENT, "No image '%s'", "a"), -ENOENT);
        assert_int_equal(error_set(&e, ERROR_FAILED, EIO, "second"), -EIO);
        assert_int_equal(e.kind, ERROR_NO_SUCH_IMAGE);
        assert_string_equal(error_message(&e), "No image 'a'");
}

static void test_errno_text(void **state)
{
        _cleanup_error_ struct error e = {};

        assert_int_equal(error_set_errno(&e, -EACCES, "Cannot open '/x'"), -EACCES);
        assert_string_equal(error_message(&e), "Cannot open '/x': Permission denied");
        error_prefix(&e, "Image '%s': ", "i");
        assert_string_equal(error_message(&e), "Image 'i': Cannot open '/x': Permission denied");
}

static void test_null_and_move(void **state)
{
        struct error from = {};
        _cleanup_error_ struct error to = {};

        assert_int_equal(error_set(NULL, ERROR_FAILED, 0, "x"), -EIO);
        error_set_oom(&from);
        error_move(&to, &from);
        assert_int_equal(from.kind, ERROR_NONE);
        assert_int_equal(to.kind, ERROR_NO_MEMORY);
        assert_string_equal(error_message(&to), "Cannot allocate memory");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_first_cause_stays),
                cmocka_unit_test(test_errno_text),
                cmocka_unit_test(test_null_and_move),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
