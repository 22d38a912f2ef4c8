/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "portablectl/capture.h"
#include "portablectl/json.h"
#include "portablectl/terminal.h"

static void check_text(const char *data, size_t size, const char *expected)
{
        _cleanup_json_ struct json_object *o = json_string(data, size);
        struct terminal t = {};
        struct capture c;

        assert_non_null(o);
        capture_begin(&c, STDOUT_FILENO);
        assert_int_equal(json_print(&t, JSON_SHORT, o, NULL), 0);
        capture_end(&c);
        assert_string_equal(c.text, expected);
}
#define CHECK_TEXT(literal, expected) check_text(literal, sizeof(literal) - 1, "\"" expected "\"\n")

static void test_plain(void **state)
{
        CHECK_TEXT("", "");
        CHECK_TEXT("/a/b \"c\"", "/a/b \\\"c\\\"");
        CHECK_TEXT("\xc3\xa9\xe2\x86\x92\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x86\x92\xf0\x9f\x98\x80");
}

static void test_controls(void **state)
{
        CHECK_TEXT("\0\001\n\t\033[m", "\\u0000\\u0001\\n\\t\\u001b[m");
        CHECK_TEXT("\x7f\xc2\x80\xc2\x9f\xc2\xa0", "\\u007f\\u0080\\u009f\xc2\xa0");
}

#define R "\xef\xbf\xbd"

/* Lone and missing continuations, overlong forms, surrogates, beyond the last code point. */
static void test_invalid_utf8(void **state)
{
        CHECK_TEXT("\x80", R);
        CHECK_TEXT("\xff\xfe", R R);
        CHECK_TEXT("a\xc3", "a" R);
        CHECK_TEXT("\xc3(", R "(");
        CHECK_TEXT("\xc0\xaf", R R);
        CHECK_TEXT("\xe0\x80\xaf", R R R);
        CHECK_TEXT("\xed\xa0\x80", R R R);
        CHECK_TEXT("\xf0\x8f\xbf\xbf", R R R R);
        CHECK_TEXT("\xf4\x90\x80\x80", R R R R);
        CHECK_TEXT("\xf5\x80\x80\x80", R R R R);
        CHECK_TEXT("\xe2\x86", R R);
}

static void fill(struct json_object *o)
{
        char *l[] = {(char *)"x", (char *)"y", NULL};

        assert_int_equal(json_put_u64(o, "large", UINT64_MAX - 1, UINT64_MAX), 0);
        assert_int_equal(json_put_u64(o, "unknown", UINT64_MAX, UINT64_MAX), 0);
        assert_int_equal(json_put_u64(o, "zero", 0, 0), 0);
        assert_int_equal(json_put_bool(o, "yes", true), 0);
        assert_int_equal(json_put_string(o, "none", NULL), 0);
        assert_int_equal(json_put_strv(o, "list", l), 0);
        assert_int_equal(json_put_strv(o, "empty", NULL), 0);
        assert_true(json_put(o, "out of memory", NULL) < 0);
}

static void check_mode(const struct json_object *o, enum json_mode mode, bool shown, bool pretty)
{
        struct terminal t = {.shown = shown};
        struct capture c;

        capture_begin(&c, STDOUT_FILENO);
        assert_int_equal(json_print(&t, mode, (struct json_object *)o, NULL), 0);
        capture_end(&c);
        if (pretty)
                assert_ptr_equal(strstr(c.text, "{\n  \"large\": 18446744073709551614,\n"), c.text);
        else
                assert_string_equal(c.text,
                                    "{\"large\":18446744073709551614,\"unknown\":null,\"zero\":null,"
                                    "\"yes\":true,\"none\":null,\"list\":[\"x\",\"y\"],\"empty\":[]}\n");
}

static void test_members_and_modes(void **state)
{
        _cleanup_json_ struct json_object *o = json_new_object();

        assert_non_null(o);
        fill(o);
        check_mode(o, JSON_SHORT, true, false);
        check_mode(o, JSON_PRETTY, false, true);
        check_mode(o, JSON_AUTO, false, false);
        check_mode(o, JSON_AUTO, true, true);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_plain),
                cmocka_unit_test(test_controls),
                cmocka_unit_test(test_invalid_utf8),
                cmocka_unit_test(test_members_and_modes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
