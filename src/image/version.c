/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/version.h"

#include <string.h>

struct rest {
        const char *p, *end;
};

/* Not <ctype.h>: versions do not depend on the locale. */
static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_mark(char c)
{
        return c == '~' || c == '-' || c == '^' || c == '.';
}

static bool is_version_character(char c)
{
        return is_digit(c) || is_letter(c) || is_mark(c);
}

/* The next byte, NUL at the end (a NUL inside is skipped as a separator, so it is never seen). */
static char peek(const struct rest *r)
{
        if (r->p == r->end)
                return '\0';
        return *r->p;
}

static void skip_separators(struct rest *r)
{
        while (r->p < r->end && !is_version_character(*r->p))
                r->p++;
}

/* The string that goes on with the mark is the older one; if both do, the mark is taken away. */
static int compare_mark(struct rest *a, struct rest *b, char mark)
{
        bool x = peek(a) == mark, y = peek(b) == mark;

        if (x != y)
                return x ? -1 : 1;
        if (x) {
                a->p++;
                b->p++;
        }
        return 0;
}

/* Takes the digits off and returns them without leading zeros; *ret_any: whether there was one at all. */
static struct rest take_number(struct rest *r, bool *ret_any)
{
        struct rest number = {r->p, r->p};

        while (is_digit(peek(r)))
                r->p++;
        *ret_any = r->p > number.p;
        number.end = r->p;
        while (number.p < number.end && *number.p == '0')
                number.p++;
        return number;
}

static int compare_numbers(struct rest *a, struct rest *b)
{
        bool any_a, any_b;
        struct rest x = take_number(a, &any_a), y = take_number(b, &any_b);
        size_t m = (size_t)(x.end - x.p), n = (size_t)(y.end - y.p);

        if (any_a != any_b)
                return any_a ? 1 : -1;
        if (m != n)
                return m > n ? 1 : -1;
        return memcmp(x.p, y.p, m);
}

/* Upper case letters come before lower case ones, and any letter after the end of the other word. */
static int compare_words(struct rest *a, struct rest *b)
{
        for (;; a->p++, b->p++) {
                bool x = is_letter(peek(a)), y = is_letter(peek(b));

                if (x != y)
                        return x ? 1 : -1;
                if (!x)
                        return 0;
                if (*a->p != *b->p)
                        return *a->p > *b->p ? 1 : -1;
        }
}

int version_compare(const char *a, size_t a_length, const char *b, size_t b_length)
{
        struct rest x = {a, a + a_length}, y = {b, b + b_length};
        int c;

        for (;;) {
                skip_separators(&x);
                skip_separators(&y);

                c = compare_mark(&x, &y, '~');
                if (c != 0)
                        return c;
                if (x.p == x.end || y.p == y.end)
                        return (x.p < x.end) - (y.p < y.end);
                c = compare_mark(&x, &y, '-');
                if (c != 0)
                        return c;
                c = compare_mark(&x, &y, '^');
                if (c != 0)
                        return c;
                c = compare_mark(&x, &y, '.');
                if (c != 0)
                        return c;
                c = is_digit(peek(&x)) || is_digit(peek(&y)) ? compare_numbers(&x, &y)
                                                             : compare_words(&x, &y);
                if (c != 0)
                        return c;
        }
}

bool version_is_valid(const char *version, size_t length)
{
        for (size_t i = 0; i < length; i++)
                if (!is_version_character(version[i]))
                        return false;
        return length > 0;
}
