/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

#include "basic/cleanup.h"
#include "plan/setting.h"

static void test_path(void **state)
{
        static const struct {
                const char *path, *setting;
        } good[] = {
                {"/var/lib/portables/a", "/var/lib/portables/a"},
                {"/a b/c", "/a b/c"},
                {"/a%h", "/a%%h"},
                {"/a\"b'c\\d", "/a\"b'c\\d"},
        };
        static const char *const bad[] = {"/a\nRootDirectory=/", "/a\x1b[1m", "/a ", "/a\\", "/\xff", ""};

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                _cleanup_free_ char *s = NULL;

                assert_int_equal(setting_format_path(good[i].path, &s), 0);
                assert_string_equal(s, good[i].setting);
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                char *s;

                assert_int_equal(setting_format_path(bad[i], &s), -EINVAL);
        }
}

static void test_quote(void **state)
{
        static const struct {
                const char *word, *quoted;
        } table[] = {
                {"PORTABLE=a_1.raw", "PORTABLE=a_1.raw"}, {"PORTABLE=a b", "\"PORTABLE=a b\""},
                {"PORTABLE=a\"b", "\"PORTABLE=a\\\"b\""}, {"PORTABLE=a\\b", "\"PORTABLE=a\\\\b\""},
                {"PORTABLE=%n", "PORTABLE=%%n"},          {"PORTABLE=it's", "\"PORTABLE=it's\""},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_free_ char *s = setting_quote(table[i].word);

                assert_string_equal(s, table[i].quoted);
        }
}

static void test_quote_path(void **state)
{
        _cleanup_free_ char *plain = setting_quote_path("/a_1.raw", true),
                            *colon = setting_quote_path("/a:b", true),
                            *directory = setting_quote_path("/a:b", false);

        assert_string_equal(plain, "/a_1.raw");
        assert_string_equal(colon, "\"/a\\\\:b\"");
        assert_string_equal(directory, "/a:b");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_path),
                cmocka_unit_test(test_quote),
                cmocka_unit_test(test_quote_path),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
