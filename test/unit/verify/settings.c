/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "verify/settings.h"

static void test_known(void **state)
{
        _cleanup_settings_ struct settings *s =
                settings_parse("[Unit]\nDescription=STRING\nAfter=UNIT [...]\n\n"
                               "[Service]\nExecStart=PATH [ARGUMENTS]\n");

        assert_non_null(s);
        assert_true(settings_know(s, "Unit", "Description"));
        assert_true(settings_know(s, "Unit", "After"));
        assert_true(settings_know(s, "Service", "ExecStart"));
        assert_false(settings_know(s, "Unit", "ExecStart"));
        assert_false(settings_know(s, "Unit", "Descriptio"));
        assert_false(settings_know(s, "Service", "After"));
        assert_true(settings_know(s, "Timer", "Anything"));
}

static void test_nothing_known(void **state)
{
        _cleanup_settings_ struct settings *s = settings_parse("some other program's output\nkey=value\n");

        assert_non_null(s);
        assert_true(settings_know(s, "Unit", "Anything"));
        assert_true(settings_know(NULL, "Unit", "Anything"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_known),
                                           cmocka_unit_test(test_nothing_known)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
