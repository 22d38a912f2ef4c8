/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

#include "attached/state.h"

static void test_names(void **state)
{
        assert_string_equal(portable_state_to_string(PORTABLE_DETACHED), "detached");
        assert_string_equal(portable_state_to_string(PORTABLE_RUNNING_RUNTIME), "running-runtime");
}

static void test_the_highest_counts(void **state)
{
        enum portable_state s = PORTABLE_DETACHED;

        portable_state_raise(&s, false, false, false);
        assert_int_equal(s, PORTABLE_ATTACHED);
        portable_state_raise(&s, true, true, false);
        assert_int_equal(s, PORTABLE_ENABLED_RUNTIME);
        portable_state_raise(&s, false, false, true);
        assert_int_equal(s, PORTABLE_RUNNING);
        portable_state_raise(&s, false, false, false);
        assert_int_equal(s, PORTABLE_RUNNING);
        portable_state_raise(&s, true, true, true);
        assert_int_equal(s, PORTABLE_RUNNING_RUNTIME);
}

static void test_enabled_states(void **state)
{
        static const char *const yes[] = {"enabled",   "enabled-runtime", "indirect",
                                          "generated", "alias",           "masked"},
                                 *const no[] = {"disabled", "static", "linked", "linked-runtime", ""};

        for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
                assert_true(unit_file_state_is_enabled(yes[i]));
        for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
                assert_false(unit_file_state_is_enabled(no[i]));
        assert_false(unit_file_state_is_enabled(NULL));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_the_highest_counts),
                cmocka_unit_test(test_enabled_states),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
