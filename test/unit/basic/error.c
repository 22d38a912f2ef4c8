/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <string.h>

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

/* Characters stay whole, and so do beginning and end. */
static void test_long_message(void **state)
{
        static char text[400001];
        _cleanup_error_ struct error e = {};

        for (size_t i = 0; i + 2 < sizeof(text); i += 3)
                memcpy(text + i, "\xe2\x82\xac", 3);
        error_set(&e, ERROR_FAILED, EIO, "Cannot do %s: the cause", text);
        error_prefix(&e, "Image '%s': ", text);
        assert_true(strlen(error_message(&e)) <= ERROR_MESSAGE_MAX);
        assert_memory_equal(error_message(&e), "Image '\xe2\x82\xac", 10);
        assert_non_null(strstr(error_message(&e), "\xe2\x82\xac [...] \xe2\x82\xac"));
        assert_non_null(strstr(error_message(&e), ": the cause"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_first_cause_stays),
                cmocka_unit_test(test_errno_text),
                cmocka_unit_test(test_null_and_move),
                cmocka_unit_test(test_long_message),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
