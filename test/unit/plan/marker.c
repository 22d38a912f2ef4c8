/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "plan/marker.h"

static void check_round_trip(const char *line, ...)
{
        _cleanup_strv_ char **paths = NULL, **back = NULL;
        _cleanup_free_ char *formatted = NULL;
        const char *path;
        va_list ap;

        va_start(ap, line);
        while ((path = va_arg(ap, const char *)))
                assert_int_equal(strv_append(&paths, path), 0);
        va_end(ap);

        formatted = marker_format(paths);
        assert_string_equal(formatted, line);
        assert_int_equal(marker_parse(formatted, strlen(formatted), &back), 1);
        assert_int_equal(strv_length(back), strv_length(paths));
        for (size_t i = 0; paths[i]; i++)
                assert_string_equal(back[i], paths[i]);
}

static void test_round_trip(void **state)
{
        check_round_trip("# Drop-in created for image '/var/lib/portables/a_1.raw', do not edit.\n",
                         "/var/lib/portables/a_1.raw", NULL);
        check_round_trip("# Drop-in created for image '/a:/b c:/d', do not edit.\n", "/a", "/b c", "/d",
                         NULL);
        check_round_trip("# Drop-in created for image '/a\\x3ab\\x5cc\\x0ad'e', do not edit.\n",
                         "/a:b\\c\nd'e", NULL);
}

/* Each note is found below the marker, and no note is taken for another. */
static void test_notes(void **state)
{
        char *paths[] = {(char *)"/a:b", (char *)"/c d", NULL};

        for (enum marker_note note = 0; note < MARKER_NOTE_MAX; note++) {
                _cleanup_free_ char *line = marker_note_format(note, paths);
                char text[512];

                snprintf(text, sizeof(text),
                         "# Drop-in created for image '/a', do not edit.\n%s\n[Service]\n", line);
                for (enum marker_note other = 0; other < MARKER_NOTE_MAX; other++) {
                        _cleanup_strv_ char **back = NULL;

                        assert_int_equal(marker_note_parse(other, text, strlen(text), &back), 0);
                        assert_true(other == note ? strv_equal(back, paths) : strv_length(back) == 0);
                }
        }
}

static void test_definition(void **state)
{
        static const char head[] = "# Drop-in created for image '/a', do not edit.\n";
        _cleanup_free_ char *section = marker_definition_format("web-1"), *text = NULL, *back = NULL;

        assert_true(asprintf(&text, "%s\n[Service]\nA=b\n%s", head, section) > 0);
        assert_int_equal(marker_definition_parse(text, strlen(text), &back), 0);
        assert_string_equal(back, "web-1");
        free(back);
        assert_int_equal(marker_definition_parse(head, strlen(head), &back), 0);
        assert_null(back);
        free(text);
        assert_true(asprintf(&text, "%s\n[X-Portable]\nDefinition=a b\n", head) > 0);
        assert_int_equal(marker_definition_parse(text, strlen(text), &back), 0);
        assert_null(back);
        assert_true(marker_definition_is_valid("a:b-c_d.e"));
        assert_false(marker_definition_is_valid(""));
        assert_false(marker_definition_is_valid(".a"));
        assert_false(marker_definition_is_valid("a/b"));
        assert_false(marker_definition_is_valid("a\nb"));
}

static void test_reads(void **state)
{
        static const char *const lines[] = {
                "# Drop-in created for image '/a', do not edit.",
                "# Drop-in created for image '/a', do not edit.\n\n[Service]\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                _cleanup_strv_ char **paths = NULL;

                assert_int_equal(marker_parse(lines[i], strlen(lines[i]), &paths), 1);
                assert_string_equal(paths[0], "/a");
                assert_null(paths[1]);
        }
}

static void test_backslash_before_any_other(void **state)
{
        static const char line[] = "# Drop-in created for image '/a\\:b:/c\\\\', do not edit.\n";
        _cleanup_strv_ char **paths = NULL;

        assert_int_equal(marker_parse(line, sizeof(line) - 1, &paths), 1);
        assert_string_equal(paths[0], "/a:b");
        assert_string_equal(paths[1], "/c\\");
}

static void test_refuses(void **state)
{
        static const char *const lines[] = {
                "",
                "\n# Drop-in created for image '/a', do not edit.\n",
                " # Drop-in created for image '/a', do not edit.\n",
                "# Drop-in created for image '/a', do not edit. \n",
                "# Drop-in created for image '', do not edit.\n",
                "# Drop-in created for image ':', do not edit.\n",
                "# Drop-in created for image '/a\\x00b', do not edit.\n",
                "[Service]\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                char **paths;

                assert_int_equal(marker_parse(lines[i], strlen(lines[i]), &paths), 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_notes),
                cmocka_unit_test(test_definition),
                cmocka_unit_test(test_reads),
                cmocka_unit_test(test_backslash_before_any_other),
                cmocka_unit_test(test_refuses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
