/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "unitfile/words.h"

/* The words joined by "|"; "!" at the end: broken. */
static const struct {
        const char *value, *words;
} table[] = {
        {"", ""},
        {"  a\tb  ", "a|b"},
        {"\"a b\" 'c \"d' \"\"", "a b|c \"d|"},
        {"\"a\"b/\"c d\"", "ab/c d"},
        {"a\\sb \"e\\x20f\" g\\th", "a b|e f|g\th"},
        {"\\x61\\142 \\u00e4 \\U0001F600", "ab|\xc3\xa4|\xf0\x9f\x98\x80"},
        {"a\\qb \\; \\x00 \\xzz \\", "a\\qb|\\;|\\x00|\\xzz|\\"},
        {"\\ud800 \\777", "\\ud800|\\777"},
        {"a \"b", "a!"},
        {"a 'b\\'", "a!"},
};

static void test_table(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                _cleanup_unit_words_ struct unit_words w = {};
                char got[128] = "", *p = got;

                assert_int_equal(unit_words_begin(&w, table[i].value), 0);
                while (unit_words_next(&w))
                        p += sprintf(p, "%s%s", p == got ? "" : "|", w.word);
                if (w.broken)
                        strcpy(p, "!");
                if (strcmp(got, table[i].words) != 0)
                        fail_msg("<%s> gives <%s>", table[i].value, got);
        }
}

static void test_bare(void **state)
{
        _cleanup_unit_words_ struct unit_words w = {};

        assert_int_equal(unit_words_begin(&w, "; \";\" \\;"), 0);
        assert_true(unit_words_next(&w) && w.bare);
        assert_true(unit_words_next(&w) && !w.bare);
        assert_true(unit_words_next(&w) && !w.bare);
        assert_false(unit_words_next(&w));
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_bare)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
