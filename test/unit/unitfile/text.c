/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "unitfile/text.h"

/*
 * Each text as systemd 252, 257 and 262 read it: what "systemctl show" said of such a unit was the same on
 * all three. Assignments are written "SECTION.KEY=VALUE@LINE", joined by "|"; "!" at the end: not loaded.
 */
static const struct {
        const char *text;
        size_t size; /* 0: up to the first NUL */
        const char *expected;
} table[] = {
        {"", 0, ""},
        {"[U]\nK=v", 0, "U.K=v@2"},
        {"  [U]\n\t K = a  b \t\n", 0, "U.K=a  b@2"},
        {"[U]\nK=\n=x\nK\nL==v\nM n=o\n", 0, "U.K=@2|U.L==v@5|U.M n=o@6"},
        {"K=v\n[U]\nL=w\n", 0, "U.L=w@3"},
        {"[ U ]\nK=v\n[u]\nk=v\n", 0, " U .K=v@2|u.k=v@4"},
        {"[U]x]\nK=v\n", 0, "U]x.K=v@2"},
        {"[]\nK=v\n", 0, ".K=v@2"},
        {"[U]\nK=v # no comment\n", 0, "U.K=v # no comment@2"},
        {"[U]\nK=v\v\f\n\vL=w\n", 0, "U.K=v\v\f@2|U.\vL=w@3"},
        /* Not closed, or with something behind it: nothing more is read. */
        {"[U\nK=v\n", 0, "!"},
        {"[U] x\nK=v\n", 0, "!"},
        {"[U] # x\nK=v\n", 0, "!"},
        {"[\nK=v\n", 0, "!"},
        {"[U]\nK=v\n[V\nL=w\n[W]\nM=x\n", 0, "U.K=v@2!"},
        /* Comments */
        {"# c\n;c\n  # c\n\t;c\n[U]\n#K=v\nL=w\n", 0, "U.L=w@7"},
        {"[U]\n# c \\\nK=v\n", 0, "U.K=v@3"},
        /* Lines that go on */
        {"[U]\nK=one \\\n# between\n  two\\\nthree\nL=w\n", 0, "U.K=one    two three@2|U.L=w@6"},
        {"[U]\nK=one \\\n# between \\\ntwo\n", 0, "U.K=one  two@2"},
        {"[U]\nK=one \\\n  ;between\n two\n", 0, "U.K=one   two@2"},
        {"[U]\nK=one \\\n\nL=w\n", 0, "U.K=one@2|U.L=w@4"},
        {"[U]\nK=one \\\n   \n two\n", 0, "U.K=one@2"},
        {"[U]\nK=one \\\n# c\n\nL=w\n", 0, "U.K=one@2|U.L=w@5"},
        {"[U]\nK=one \\\n# c", 0, "U.K=one@2"},
        {"[U]\nK=one \\", 0, "U.K=one@2"},
        {"[U]\nK=\\\n  two\n", 0, "U.K=two@2"},
        {"[U]\nK=one\\ \nL=w\n", 0, "U.K=one\\@2|U.L=w@3"},
        {"[U]\nK=one\\\\\nL=w\n", 0, "U.K=one\\\\@2|U.L=w@3"},
        {"[U]\nK=one\\\\\\\nL=w\n", 0, "U.K=one\\\\ L=w@2"},
        {"[U]\nK=a\\b\\\nL=w\n", 0, "U.K=a\\b L=w@2"},
        {"[U]\nKe\\\ny=v\n", 0, "U.Ke y=v@2"},
        {"[U\\\nV]\nK=v\n", 0, "U V.K=v@3"},
        {"[U]\nK=one \\\n[V]\nL=w\n", 0, "U.K=one  [V]@2|U.L=w@4"},
        /* What ends a line */
        {"[U]\r\nK=v\r\nL=w\r\n", 0, "U.K=v@2|U.L=w@3"},
        {"[U]\rK=v\rL=w\r", 0, "U.K=v@2|U.L=w@3"},
        {"[U]\n\rK=v\\\n\rw\nL=w", 0, "U.K=v w@2|U.L=w@4"},
        {"[U]\nK=a\0L=b\n", 12, "U.K=a@2|U.L=b@3"},
        {"[U]\nK=a\\\0b\n", 11, "U.K=a b@2"},
        {"[U]\nK=a\\\n\0b\n", 12, "U.K=a b@2"},
        {"[U]\nK=a\\\r\n\0b\n", 13, "U.K=a b@2"},
        {"[U]\nK=a\\\0\nb\n", 12, "U.K=a@2"},
        {"[U]\nK=a\\\0\0b\n", 12, "U.K=a@2"},
        {"[U]\nK=a\\\r\rb\n", 0, "U.K=a@2"},
        {"[U]\nK=a\\\r\n\rb\n", 0, "U.K=a@2"},
        /* A byte order mark: one, wherever a line begins with it, but not before a comment. */
        {"\xef\xbb\xbf[U]\nK=v\n", 0, "U.K=v@2"},
        {"[U]\n\xef\xbb\xbfK=v\n", 0, "U.K=v@2"},
        {"[U]\nK=v\\\n\xef\xbb\xbfw\n", 0, "U.K=v w@2"},
        {"[U]\n\xef\xbb\xbfK=v\n\xef\xbb\xbfL=w\n", 0, "U.K=v@2|U.\xef\xbb\xbfL=w@3"},
        {"[U]\n\xef\xbb\xbf#K=v\n", 0, "U.#K=v@2"},
        {"\xef\xbb\xbf\xef\xbb\xbf[U]\nK=v\n", 0, ""},
        {" \xef\xbb\xbf[U]\nK=v\n", 0, ""},
        /* Other than UTF-8 */
        {"[U]\nK=a\xff\nL=w\n", 0, "!"},
        {"[U\xff]\nL=w\n", 0, "!"},
        {"[U]\n# a\xff\nL=w\n", 0, "U.L=w@3"},
        {"[U]\nK=a\001b\n", 0, "U.K=a\001b@2"},
};

static char *write_down(const struct unit_text *t)
{
        char *s = NULL;
        size_t size;
        FILE *f = open_memstream(&s, &size);

        for (size_t i = 0; i < t->n; i++)
                fprintf(f, "%s%s.%s=%s@%u", i ? "|" : "", t->items[i].section, t->items[i].key,
                        t->items[i].value, t->items[i].line);
        if (t->refused)
                fputc('!', f);
        assert_int_equal(fclose(f), 0);
        return s;
}

static void test_table(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                size_t size = table[i].size ?: strlen(table[i].text);
                _cleanup_unit_text_ struct unit_text t = {};
                _cleanup_free_ char *got = NULL;

                assert_int_equal(unit_text_read(table[i].text, size, &t), 0);
                got = write_down(&t);
                if (strcmp(got, table[i].expected) != 0)
                        fail_msg("case %zu: <%s> gives <%s>", i, table[i].text, got);
        }
}

static void check_fault(const char *text, enum text_fault_kind kind, unsigned line, const char *shown)
{
        _cleanup_unit_text_ struct unit_text t = {};

        assert_int_equal(unit_text_read(text, strlen(text), &t), 0);
        assert_int_equal(t.n_faults, 1);
        assert_int_equal(t.faults[0].kind, kind);
        assert_int_equal(t.faults[0].line, line);
        assert_string_equal(t.faults[0].text, shown);
        assert_int_equal(t.refused, kind >= TEXT_FAULT_HEADER);
}

static void test_faults(void **state)
{
        check_fault("[U]\n junk \n", TEXT_FAULT_NO_EQUALS, 2, "junk");
        check_fault("[U]\n=x\n", TEXT_FAULT_NO_KEY, 2, "=x");
        check_fault("\nK=v\n[U]\n", TEXT_FAULT_NO_SECTION, 2, "K=v");
        check_fault("[]\nK=v\n", TEXT_FAULT_EMPTY_NAME, 1, "[]");
        check_fault("[U]\n[V\nK=v\n", TEXT_FAULT_HEADER, 2, "[V");
        check_fault("[U]\nK=\xff\njunk\n", TEXT_FAULT_NOT_UTF8, 2, "K=\xff");
}

static void test_nul(void **state)
{
        _cleanup_unit_text_ struct unit_text t = {};

        assert_int_equal(unit_text_read("[U]\0K=v\0\0", 9, &t), 0);
        assert_int_equal(t.n_faults, 1);
        assert_int_equal(t.faults[0].kind, TEXT_FAULT_NUL);
        assert_false(t.refused);
}

/* However many there are, one that ends the reading is among those kept. */
static void test_many_faults(void **state)
{
        char text[4 + 2 * (TEXT_FAULTS_MAX + 10) + 3];
        _cleanup_unit_text_ struct unit_text t = {};
        char *p = stpcpy(text, "[U]\n");

        for (size_t i = 0; i < TEXT_FAULTS_MAX + 10; i++)
                p = stpcpy(p, "x\n");
        p = stpcpy(p, "[V");
        assert_int_equal(unit_text_read(text, (size_t)(p - text), &t), 0);
        assert_int_equal(t.n_faults, TEXT_FAULTS_MAX);
        assert_true(t.refused);
        assert_int_equal(t.faults[TEXT_FAULTS_MAX - 1].kind, TEXT_FAULT_HEADER);
        assert_int_equal(t.faults[TEXT_FAULTS_MAX - 1].line, TEXT_FAULTS_MAX + 12);
}

/* "[U]\n", a line of n bytes in as many pieces as given, "\nL=w\n". */
static void check_length(size_t n, size_t pieces, bool good)
{
        _cleanup_free_ char *text = malloc(n + 32);
        _cleanup_unit_text_ struct unit_text t = {};
        char *p = stpcpy(text, "[U]\n");

        memcpy(p, "K=", 2);
        memset(p + 2, 'x', n - 2);
        for (size_t i = 1; i < pieces; i++) {
                memmove(p + 11 * i + 1, p + 11 * i, n);
                p[11 * i - 1] = '\\';
                p[11 * i] = '\n';
        }
        strcpy(p + n + pieces - 1, "\nL=w\n");
        assert_int_equal(unit_text_read(text, (size_t)(p - text) + n + pieces - 1 + 5, &t), 0);
        assert_int_equal(t.refused, !good);
        assert_int_equal(t.n, good ? 2 : 0);
}

static void test_length(void **state)
{
        check_length(1048575, 1, true);
        check_length(1048576, 1, false);
        check_length(1048576, 2, true);
        check_length(1048577, 2, false);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),  cmocka_unit_test(test_faults),
                cmocka_unit_test(test_nul),    cmocka_unit_test(test_many_faults),
                cmocka_unit_test(test_length),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
