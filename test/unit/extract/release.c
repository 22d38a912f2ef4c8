/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <stdio.h>
#include <time.h>

#include "basic/cleanup.h"
#include "extract/extract.h"
#include "extract/release.h"

struct parsed {
        struct release_field *fields;
        size_t n;
};

static void parsed_clear(struct parsed *p)
{
        release_fields_free(p->fields, p->n);
}

static void parse(const char *data, size_t size, struct parsed *ret)
{
        assert_int_equal(release_parse(data, size, &ret->fields, &ret->n), 0);
}

/* One value each: of the key "K". NULL: there is no such field. */
static const struct {
        const char *data, *value;
} values[] = {
        {"K=v", "v"},
        {"K=v\n", "v"},
        {"K=v\r\n", "v"},
        {"\n\n  K=v  \n", "v"},
        {"# K=x\nK=v\n", "v"},
        {"   # K=x\n", NULL},
        {"K=\n", ""},
        {"K=", ""},
        {"K=\"\"", ""},
        {"K=''\n", ""},
        {"K=\"a b\"\n", "a b"},
        {"K='a b'\n", "a b"},
        {"K=a b\n", "a b"},
        {"K= a\n", "a"},
        {"K=\"a\" # comment\n", "a"},
        {"K=a#b\n", "a#b"},
        {"K=#b\n", "#b"},
        {"K=\" a \"\n", " a "},
        {"K=\"a\"'b'c\n", "abc"},
        {"K=\"\\\"\\\\\\$\\`\"\n", "\"\\$`"},
        {"K=\"\\n\"\n", "\\n"},
        {"K='\\n'\n", "\\n"},
        {"K=\\n\n", "n"},
        {"K=a\\ \n", "a "},
        {"K=a\\\nb\n", "ab"},
        {"K=\"a\\\nb\"\n", "ab"},
        {"K=$HOME\n", "$HOME"},
        {"K=`id`$(id)\n", "`id`$(id)"},
        {"K=a\\", "a"},
        {"K=\"a", "a"},
        {"K='a\n", "a"},
        {"K=\"a\nX=b\n", "a"},
        {"K=it's\n", "its"},
        {"K=a\nK=b\n", "b"},
        {"K=\xc3\xbc\n", "\xc3\xbc"},
        {"K=\xc3\n", NULL},
        {"K=\xed\xa0\x80\n", NULL},
        {"K=\"a\nb\"\n", NULL},
        {"K=a\tb\n", NULL},
        {"K=\x1b[0m\n", NULL},
        {"K=good\nK=\xff\n", "good"},
        {"K = v\n", NULL},
        {"export K=v\n", NULL},
        {"K\n", NULL},
        {"=v\n", NULL},
        {"9K=v\n", NULL},
        {"KK=v\n", NULL},
        {"k=v\n", NULL},
        {"garbage K=v\n", NULL},
        {"garbage\nK=v\n", "v"},
        {";K=v\n", NULL},
        {"\"K\"=v\n", NULL},
        {"", NULL},
};

static void test_values(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(values); i++) {
                _cleanup_(parsed_clear) struct parsed p = {};
                const char *value;

                parse(values[i].data, strlen(values[i].data), &p);
                value = release_field_get(p.fields, p.n, "K");
                if (!value != !values[i].value || (value && strcmp(value, values[i].value) != 0))
                        fail_msg("case %zu: <%s> gives <%s>", i, values[i].data, value ?: "(none)");
        }
}

static void test_order_and_repeats(void **state)
{
        static const char data[] = "B=1\nA=2\nB=3\nC=4\nA=5\nB=6\n";
        static const char *const expected[][2] = {{"C", "4"}, {"A", "5"}, {"B", "6"}};
        _cleanup_(parsed_clear) struct parsed p = {};

        parse(data, sizeof(data) - 1, &p);
        assert_int_equal(p.n, ELEMENTSOF(expected));
        for (size_t i = 0; i < p.n; i++) {
                assert_string_equal(p.fields[i].key, expected[i][0]);
                assert_string_equal(p.fields[i].value, expected[i][1]);
        }
}

static void test_nul(void **state)
{
        static const char data[] = "A=1\nB=x\0y\nC=\"\\\0\"\nD=2\0";
        _cleanup_(parsed_clear) struct parsed p = {};

        parse(data, sizeof(data) - 1, &p);
        assert_int_equal(p.n, 1);
        assert_string_equal(release_field_get(p.fields, p.n, "A"), "1");
}

/* An unclosed quote may not swallow the lines behind it. */
static void test_unclosed(void **state)
{
        static const char data[] = "ID=\"tiny\nVERSION_ID=1\n";
        _cleanup_(parsed_clear) struct parsed p = {};

        parse(data, sizeof(data) - 1, &p);
        assert_string_equal(release_field_get(p.fields, p.n, "ID"), "tiny");
        assert_string_equal(release_field_get(p.fields, p.n, "VERSION_ID"), "1");
}

static void test_keys(void **state)
{
        assert_true(release_key_is_valid("ID"));
        assert_true(release_key_is_valid("_a9"));
        assert_false(release_key_is_valid(""));
        assert_false(release_key_is_valid("9"));
        assert_false(release_key_is_valid("A-B"));
        assert_false(release_key_is_valid("A="));
}

static double seconds(void)
{
        struct timespec t;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The largest file allowed, made of what costs most: no input may take more than linear time or so. */
static void test_costly(void **state)
{
        static const char *const patterns[] = {"A=\n",    "A='",         "A=\"",  "A=\"'\n",
                                               "A=\\'\"", "A=\"\\\"'\n", "a=\\\n"};

        for (size_t i = 0; i < ELEMENTSOF(patterns); i++) {
                size_t n = strlen(patterns[i]);
                _cleanup_(parsed_clear) struct parsed p = {};
                _cleanup_free_ char *data = malloc(EXTRACT_RELEASE_SIZE_MAX);
                double start = seconds();

                assert_non_null(data);
                for (size_t j = 0; j < EXTRACT_RELEASE_SIZE_MAX; j++)
                        data[j] = patterns[i][j % n];
                parse(data, EXTRACT_RELEASE_SIZE_MAX, &p);
                if (seconds() - start > 1)
                        fail_msg("pattern %zu took %f s", i, seconds() - start);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_values), cmocka_unit_test(test_order_and_repeats),
                cmocka_unit_test(test_nul),    cmocka_unit_test(test_unclosed),
                cmocka_unit_test(test_keys),   cmocka_unit_test(test_costly),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
