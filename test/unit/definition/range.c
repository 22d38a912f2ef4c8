/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

#include "basic/error.h"
#include "definition/range.h"

static void check(const char *text, const char *inside, const char *outside)
{
        struct version_range r = {};

        assert_int_equal(version_range_parse(text, &r, NULL), 0);
        if (inside)
                assert_true(version_range_has(&r, inside));
        if (outside)
                assert_false(version_range_has(&r, outside));
        version_range_clear(&r);
}

static void test_bounds(void **state)
{
        check(">=1.2 <2", "1.2", "1.1");
        check(">=1.2 <2", "1.10", "2");
        check(">1", "1.0.1", "1");
        check("<=2", "2", "2.1");
        check("=3", "3", "3.1");
        check("<1", "1~rc1", "1");
        check(" >1\t<3 ", "2", "3");
}

static void test_patterns(void **state)
{
        check("1.*", "1.5", "2.5");
        check("10", "10", "1");
        check("1", "1", "10");
}

static void test_open(void **state)
{
        struct version_range r = {};

        assert_int_equal(version_range_parse("", &r, NULL), 0);
        assert_true(version_range_is_open(&r));
        assert_true(version_range_has(&r, ""));
        assert_int_equal(version_range_parse(">0", &r, NULL), 0);
        assert_false(version_range_is_open(&r));
        version_range_clear(&r);
}

static void test_refuses(void **state)
{
        static const char *const texts[] = {">", ">=", "< 2", ">=1 2", "1 2", "1 >2", "><1", "==1"};

        for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
                struct version_range r = {};
                struct error e = {};

                assert_int_equal(version_range_parse(texts[i], &r, &e), -EINVAL);
                assert_int_equal(e.kind, ERROR_INVALID_ARGS);
                error_clear(&e);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_patterns),
                cmocka_unit_test(test_open),
                cmocka_unit_test(test_refuses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
