/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unitfile/words.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n\r"

int unit_words_begin(struct unit_words *w, const char *value)
{
        *w = (struct unit_words){.p = value, .word = malloc(strlen(value) + 1)};
        return w->word ? 0 : -ENOMEM;
}

void unit_words_end(struct unit_words *w)
{
        free(w->word);
        w->word = NULL;
}

static int digit_value(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return 16;
}

/* n digits of a base; 0 if there are not as many. */
static uint32_t read_digits(const char *s, size_t n, unsigned base)
{
        uint32_t value = 0;

        for (size_t i = 0; i < n; i++) {
                int digit = digit_value(s[i]);

                if (digit >= (int)base)
                        return 0;
                value = value * base + (uint32_t)digit;
        }
        return value;
}

/* Writes a character in UTF-8; never longer than what it was written as. */
static char *write_character(char *out, uint32_t c)
{
        if (c < 0x80) {
                *out++ = (char)c;
                return out;
        }
        if (c < 0x800) {
                *out++ = (char)(0xc0 | c >> 6);
        } else if (c < 0x10000) {
                *out++ = (char)(0xe0 | c >> 12);
                *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        } else {
                *out++ = (char)(0xf0 | c >> 18);
                *out++ = (char)(0x80 | (c >> 12 & 0x3f));
                *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        }
        *out++ = (char)(0x80 | (c & 0x3f));
        return out;
}

/* Those that are written with digits. *p is behind the backslash and moves on if it is one. */
static char *unescape_number(const char **p, char *out)
{
        static const struct {
                char letter;
                size_t digits;
                unsigned base;
        } kinds[] = {{'x', 2, 16}, {'u', 4, 16}, {'U', 8, 16}};
        const char *s = *p;
        uint32_t c;

        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                if (*s != kinds[i].letter)
                        continue;
                c = read_digits(s + 1, kinds[i].digits, kinds[i].base);
                if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000 && *s != 'x'))
                        return NULL;
                *p = s + 1 + kinds[i].digits;
                if (*s != 'x')
                        return write_character(out, c);
                *out++ = (char)c;
                return out;
        }
        c = read_digits(s, 3, 8);
        if (c == 0 || c > 255)
                return NULL;
        *p = s + 3;
        *out++ = (char)c;
        return out;
}

static char *unescape(const char **p, char *out)
{
        static const char from[] = "abfnrtv\\\"'s", to[] = "\a\b\f\n\r\t\v\\\"' ";
        const char *known = **p ? strchr(from, **p) : NULL;
        char *end;

        if (known) {
                *out++ = to[known - from];
                (*p)++;
                return out;
        }
        end = unescape_number(p, out);
        if (end)
                return end;
        *out++ = '\\';
        return out;
}

bool unit_words_next(struct unit_words *w)
{
        const char *s = w->p + strspn(w->p, BLANKS);
        char quote = 0, *out = w->word;

        if (w->broken || *s == '\0')
                return false;
        w->bare = true;
        while (*s && (quote || !strchr(BLANKS, *s))) {
                char c = *s++;

                if (c == '\\') {
                        out = unescape(&s, out);
                        w->bare = false;
                } else if (quote ? c == quote : c == '"' || c == '\'') {
                        quote = (char)(quote ? 0 : c);
                        w->bare = false;
                } else {
                        *out++ = c;
                }
        }
        *out = '\0';
        w->p = s;
        w->broken = quote != 0;
        return !w->broken;
}
