/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <unistd.h>

#include "basic/error.h"
#include "portablectl/exit-status.h"

static enum exit_status status_of(enum error_kind kind, int errnum)
{
        _cleanup_error_ struct error error = {};

        if (kind != ERROR_NONE)
                error_set(&error, kind, errnum, "some text");
        return exit_status_from_error(&error);
}

static void test_from_error(void **state)
{
        /* Root gets that of files only. */
        enum exit_status denied = geteuid() == 0 ? STATUS_REFUSED : STATUS_DENIED;

        assert_int_equal(status_of(ERROR_NONE, 0), STATUS_REFUSED);
        assert_int_equal(status_of(ERROR_INVALID_ARGS, EINVAL), STATUS_REFUSED);
        assert_int_equal(status_of(ERROR_NO_SUCH_IMAGE, ENOENT), STATUS_REFUSED);
        assert_int_equal(status_of(ERROR_SYSTEM, ENOENT), STATUS_REFUSED);
        assert_int_equal(status_of(ERROR_NO_SUCH_UNIT, ENOENT), STATUS_NOT_ATTACHED);
        assert_int_equal(status_of(ERROR_ACCESS_DENIED, EACCES), denied);
        assert_int_equal(status_of(ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, EACCES), STATUS_DENIED);
        assert_int_equal(status_of(ERROR_SYSTEM, EACCES), denied);
        assert_int_equal(status_of(ERROR_SYSTEM, EPERM), denied);
        assert_int_equal(status_of(ERROR_FAILED, EPERM), STATUS_REFUSED);
        assert_int_equal(status_of(ERROR_TIMEOUT, ETIMEDOUT), STATUS_TIMEOUT);
        assert_int_equal(status_of(ERROR_SYSTEM, ETIMEDOUT), STATUS_TIMEOUT);
}

/* A line of --help each. */
static void test_texts(void **state)
{
        for (int i = 0; i < STATUS_MAX; i++) {
                assert_non_null(exit_status_text((enum exit_status)i));
                assert_in_range(strlen(exit_status_text((enum exit_status)i)), 1, 75);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_from_error),
                cmocka_unit_test(test_texts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
