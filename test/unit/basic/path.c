/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/path.h"

static void test_normalized(void **state)
{
        static const char *const good[] = {"/", "/a", "/a/b.c", "/a/..b", "/.a"};
        static const char *const bad[] = {"", "a", "a/b", "//", "/a/", "/a//b", "/a/./b", "/a/..", "/."};

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                assert_true(path_is_normalized(good[i]));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_false(path_is_normalized(bad[i]));
}

static void test_parts(void **state)
{
        _cleanup_free_ char *d = path_directory("/a/b"), *root = path_directory("/a"),
                            *j = path_join("/", "b"), *k = path_join("/a/", "/b");

        assert_string_equal(path_base("/a/b"), "b");
        assert_string_equal(d, "/a");
        assert_string_equal(root, "/");
        assert_string_equal(j, "/b");
        assert_string_equal(k, "/a/b");
        assert_true(path_is_below("/a/b", "/a"));
        assert_true(path_is_below("/a", "/a"));
        assert_false(path_is_below("/ab", "/a"));
        assert_true(path_is_below("/ab", "/"));
}

static void test_image_names(void **state)
{
        static const char *const good[] = {"minimal_1", "a", ".hidden", "name with blank", "\xc3\xa4"};
        static const char *const bad[] = {"",     ".",     "..",   "a/b",      ".#x",
                                          "a\nb", "a\x7f", "\xff", "\xc0\xaf", "\xc2\x85"};

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                assert_true(image_name_is_valid(good[i]));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_false(image_name_is_valid(bad[i]));
}

static void test_unit_names(void **state)
{
        static const char *const good[] = {"a.service", "a@.service", "a@b.timer", "a-b:c\\x20.socket"};
        static const char *const bad[] = {"",           "a",          ".service", "a.conf", "a b.service",
                                          "@a.service", "a/b.service"};

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                assert_true(unit_name_is_valid(good[i]));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_false(unit_name_is_valid(bad[i]));
}

static void test_escape(void **state)
{
        _cleanup_free_ char *e = text_escape("a\033[1m\n\xffz\xc3\xa4\xc2\x9b");

        assert_string_equal(e, "a\\x1b[1m\\x0a\\xffz\xc3\xa4\\xc2\\x9b");
}

/* Text that shows itself in another order, or as two lines, than it is. */
static void test_escape_order(void **state)
{
        static const char *const deceptive[] = {"\u061c", "\u200e", "\u200f", "\u2028", "\u2029",
                                                "\u202a", "\u202e", "\u2066", "\u2069"};
        _cleanup_free_ char *joiner = text_escape("\u200d\u2027\u202f\u2065\u206a");

        for (size_t i = 0; i < ELEMENTSOF(deceptive); i++) {
                _cleanup_free_ char *e = text_escape(deceptive[i]);

                assert_int_equal(strlen(e), 4 * strlen(deceptive[i]));
                assert_memory_equal(e, "\\x", 2);
        }
        assert_string_equal(joiner, "\u200d\u2027\u202f\u2065\u206a");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_normalized),  cmocka_unit_test(test_parts),
                cmocka_unit_test(test_image_names), cmocka_unit_test(test_unit_names),
                cmocka_unit_test(test_escape),      cmocka_unit_test(test_escape_order),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
