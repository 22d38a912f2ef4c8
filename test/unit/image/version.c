/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include <stdbool.h>
#include <stdio.h>

#include "basic/cleanup.h"
#include "image/version.h"

static int compare(const char *a, const char *b)
{
        int c = version_compare(a, strlen(a), b, strlen(b));

        return (c > 0) - (c < 0);
}

static void check(const char *a, char relation, const char *b)
{
        int expected = relation == '<' ? -1 : relation == '>' ? 1 : 0;

        if (compare(a, b) != expected || compare(b, a) != -expected)
                fail_msg("'%s' %c '%s' does not hold", a, relation, b);
}

/* Each is older than the next, and so than all after it. */
static void check_ascending(const char *const *versions, size_t n)
{
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++)
                        check(versions[i], i < j ? '<' : i > j ? '>' : '=', versions[j]);
}

/* The order and the examples that UAPI.10 gives. */
static void test_specification(void **state)
{
        static const char *const sequence[] = {"122.1",   "123~rc1-1", "123",     "123-a",
                                               "123-a.1", "123-1",     "123-1.1", "123^post1",
                                               "123.a-1", "123.1-1",   "123a-1",  "124-1"};

        check_ascending(sequence, ELEMENTSOF(sequence));
        check("11", '=', "11");
        check("systemd-123", '=', "systemd-123");
        check("bar-123", '<', "foo-123");
        check("123a", '>', "123");
        check("123.a", '>', "123");
        check("123.a", '<', "123.b");
        check("123a", '>', "123.a");
        check("11\xce\xb1", '=', "11\xce\xb2");
        check("B", '<', "a");
        check("", '<', "0");
        check("0.", '>', "0");
        check("0.0", '>', "0");
        check("0", '>', "~");
        check("", '>', "~");
        check("1_", '=', "1");
        check("_1", '=', "1");
        check("1_", '<', "1.2");
        check("1_2_3", '>', "1.3.3");
        check("1+", '=', "1");
        check("+1", '=', "1");
        check("1+", '<', "1.2");
        check("1+2+3", '>', "1.3.3");
}

static void test_more(void **state)
{
        static const char *const marks[] = {"1~", "1~1", "1", "1-", "1^", "1.", "1a", "1a1"};
        static const char *const numbers[] = {
                "a", "0", "1", "9", "10", "99999999999999999999999998", "99999999999999999999999999"};

        check_ascending(marks, ELEMENTSOF(marks));
        check_ascending(numbers, ELEMENTSOF(numbers));
        check("007", '=', "7");
        check("0", '=', "000");
        check("1.01", '=', "1.1");
        check("0a", '>', "a");
        check("aZ", '>', "AZ");
        check("a", '<', "aa");
        /* A mark that both have is taken away, then the next in the order of the rules counts. */
        check("~~1", '>', "~-");
        check("^^", '>', "^-");
        check("1.2.3", '<', "1.2.10");
        check("1-a", '<', "1-1");
}

static void test_lengths(void **state)
{
        assert_int_equal(version_compare("12", 1, "1x", 1), 0);
        assert_true(version_compare("12", 2, "1x", 1) > 0);
        assert_int_equal(version_compare("1\0", 2, "1", 1), 0);
        assert_int_equal(version_compare("", 0, "", 0), 0);
        assert_int_equal(version_compare("xyz", 0, "abc", 0), 0);
}

static void test_valid(void **state)
{
        assert_true(version_is_valid("1.2-3~a^B", 9));
        assert_false(version_is_valid("", 0));
        assert_false(version_is_valid("1_2", 3));
        assert_true(version_is_valid("1_2", 1));
        assert_false(version_is_valid("1+2", 3));
        assert_false(version_is_valid("1 ", 2));
        assert_false(version_is_valid("\xce\xb1", 2));
        assert_false(version_is_valid("1\0", 2));
}

static void random_version(char *s, size_t size)
{
        static const char alphabet[] = "0019aZz~^-._+\xce";
        size_t n = (size_t)random() % size;

        for (size_t i = 0; i < n; i++)
                s[i] = alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
        s[n] = '\0';
}

/* A total preorder: every two are comparable, both ways round alike, and chains hold, those of equals too.
 */
static void test_order(void **state)
{
        enum { N = 400 };
        char v[N][6];

        srandom(1);
        for (unsigned round = 0; round < 3; round++) {
                for (size_t i = 0; i < N; i++)
                        random_version(v[i], sizeof(v[i]));
                for (size_t i = 0; i < N; i++) {
                        assert_int_equal(compare(v[i], v[i]), 0);
                        for (size_t j = 0; j < i; j++)
                                assert_int_equal(compare(v[i], v[j]), -compare(v[j], v[i]));
                }
                for (size_t n = 0; n < 300000; n++) {
                        const char *a = v[random() % N], *b = v[random() % N], *c = v[random() % N];

                        if (compare(a, b) <= 0 && compare(b, c) <= 0 && compare(a, c) > 0)
                                fail_msg("'%s' <= '%s' <= '%s', but not '%s' <= '%s'", a, b, c, a, c);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_specification), cmocka_unit_test(test_more),
                cmocka_unit_test(test_lengths),       cmocka_unit_test(test_valid),
                cmocka_unit_test(test_order),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
