/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portablectl/program.h"

#define SCRIPT "echo out; echo err >&2; cat; exit 3"

static void check(unsigned streams, const char *expected)
{
        _cleanup_free_ char *output = NULL;
        char *argv[] = {(char *)"sh", (char *)"-c", (char *)SCRIPT, NULL};

        assert_int_equal(program_collect(argv, streams, &output, NULL), 3);
        assert_string_equal(output, expected);
}

static void test_streams(void **state)
{
        check(PROGRAM_STDOUT, "out\n");
        check(PROGRAM_STDERR, "err\n");
        check(PROGRAM_STDOUT | PROGRAM_STDERR, "out\nerr\n");
}

static void test_signal(void **state)
{
        _cleanup_free_ char *output = NULL;
        char *argv[] = {(char *)"sh", (char *)"-c", (char *)"kill -9 $$", NULL};

        assert_int_equal(program_collect(argv, PROGRAM_STDOUT, &output, NULL), 128 + 9);
}

static void test_missing(void **state)
{
        _cleanup_error_ struct error error = {};
        char *argv[] = {(char *)"no-such-program-here", NULL}, *output = NULL;

        assert_int_equal(program_collect(argv, PROGRAM_STDOUT, &output, &error), -ENOENT);
        assert_string_equal(error_message(&error),
                            "Cannot run no-such-program-here: No such file or directory");
        assert_null(output);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_streams),
                cmocka_unit_test(test_signal),
                cmocka_unit_test(test_missing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
