/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <time.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/text.h"
#include "portablectl/parse-size.h"
#include "portablectl/show.h"
#include "portablectl/terminal.h"

static void check_bytes(uint64_t bytes, const char *expected)
{
        char buf[32];

        assert_string_equal(format_bytes(bytes, buf, sizeof(buf)), expected);
}

static void test_bytes(void **state)
{
        check_bytes(0, "0B");
        check_bytes(1023, "1023B");
        check_bytes(1024, "1.0K");
        check_bytes(307200, "300.0K");
        check_bytes(1536, "1.5K");
        check_bytes(UINT64_C(1) << 30, "1.0G");
        check_bytes((UINT64_C(1) << 40) - 1, "1023.9G");
        check_bytes(UINT64_C(1) << 60, "1.0E");
        check_bytes(UINT64_MAX - 1, "15.9E");
        check_bytes(UINT64_MAX, "");
}

static void test_time(void **state)
{
        char buf[64];

        setenv("TZ", "UTC", 1);
        tzset();
        assert_string_equal(format_time(0, buf, sizeof(buf)), "-");
        assert_string_equal(format_time(UINT64_C(1700000000) * 1000000 + 999999, buf, sizeof(buf)),
                            "Tue 2023-11-14 22:13:20 UTC");
        setenv("TZ", "UTC-3", 1);
        tzset();
        assert_string_equal(format_time(UINT64_C(1700000000) * 1000000, buf, sizeof(buf)),
                            "Wed 2023-11-15 01:13:20 UTC");
        assert_string_equal(format_time(UINT64_MAX, buf, sizeof(buf)), "-");
}

static void check_size(const char *text, uint64_t expected)
{
        _cleanup_error_ struct error error = {};
        uint64_t size;

        assert_int_equal(size_parse(text, &size, &error), 0);
        assert_int_equal(size, expected);
}

static void check_no_size(const char *text)
{
        _cleanup_error_ struct error error = {};
        uint64_t size;

        assert_true(size_parse(text, &size, &error) < 0);
        assert_int_equal(error.kind, ERROR_INVALID_ARGS);
        assert_non_null(strstr(error_message(&error), text));
}

static void test_sizes(void **state)
{
        check_size("-", UINT64_MAX);
        check_size("0", 0);
        check_size("4096", 4096);
        check_size("12B", 12);
        check_size("1k", 1024);
        check_size("1.5K", 1536);
        check_size("0.1K", 102);
        check_size("500M", UINT64_C(500) << 20);
        check_size("2.25G", (UINT64_C(9) << 30) / 4);
        check_size("15E", UINT64_C(15) << 60);
        check_size("0.999999999E", UINT64_C(1152921503453925471)); /* the product needs 90 bits */
        check_size("1.000000000000000000000000000001G", UINT64_C(1) << 30);
        check_size("18446744073709551614", UINT64_MAX - 1);
}

static void test_no_sizes(void **state)
{
        static const char *const texts[] = {"",
                                            "K",
                                            "1KB",
                                            "1 K",
                                            "-1",
                                            "+1",
                                            "1.2.3",
                                            "1,5",
                                            "0x10",
                                            "1.5x",
                                            ".5",
                                            "inf",
                                            "16E",
                                            "18446744073709551615",
                                            "99999999999999999999"};

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                check_no_size(texts[i]);
}

static void test_booleans(void **state)
{
        assert_int_equal(text_to_boolean("yes"), 1);
        assert_int_equal(text_to_boolean("ON"), 1);
        assert_int_equal(text_to_boolean("0"), 0);
        assert_int_equal(text_to_boolean("False"), 0);
        assert_true(text_to_boolean("maybe") < 0);
        assert_true(text_to_boolean("") < 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bytes),    cmocka_unit_test(test_time),
                cmocka_unit_test(test_sizes),    cmocka_unit_test(test_no_sizes),
                cmocka_unit_test(test_booleans),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
