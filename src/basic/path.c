/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/path.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool path_is_normalized(const char *path)
{
        size_t length = strlen(path);

        if (path[0] != '/' || length >= PATH_MAX)
                return false;
        if (length == 1)
                return true;
        for (const char *p = path; *p;) {
                size_t n = strcspn(++p, "/");

                if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
                        return false;
                p += n;
        }
        return true;
}

const char *path_base(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

char *path_directory(const char *path)
{
        const char *slash = strrchr(path, '/');

        if (!slash)
                return strdup(".");
        return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

char *path_join(const char *a, const char *b)
{
        size_t n = strlen(a);
        char *joined;

        while (n > 0 && a[n - 1] == '/')
                n--;
        while (*b == '/')
                b++;
        if (asprintf(&joined, "%.*s/%s", (int)n, a, b) < 0)
                return NULL;
        return joined;
}

bool path_is_below(const char *path, const char *directory)
{
        size_t n = strlen(directory);

        if (strcmp(directory, "/") == 0)
                return path[0] == '/';
        return strncmp(path, directory, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

bool filename_is_valid(const char *name)
{
        if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return false;
        return !strchr(name, '/') && strlen(name) <= NAME_MAX;
}

/* Length of the valid UTF-8 sequence at s and its code point, 0 if invalid. Source: RFC 3629. */
static size_t utf8_decode(const char *s, uint32_t *ret)
{
        const uint8_t *p = (const uint8_t *)s;
        uint32_t c;
        size_t n;

        if (p[0] < 0x80) {
                *ret = p[0];
                return 1;
        }
        if (p[0] >= 0xc2 && p[0] < 0xe0)
                n = 2;
        else if (p[0] >= 0xe0 && p[0] < 0xf0)
                n = 3;
        else if (p[0] >= 0xf0 && p[0] < 0xf5)
                n = 4;
        else
                return 0;
        c = p[0] & (0x7fU >> n);
        for (size_t i = 1; i < n; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (p[i] & 0x3f);
        }
        if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)) ||
            (c >= 0xd800 && c < 0xe000))
                return 0;
        *ret = c;
        return n;
}

static bool is_control(uint32_t c)
{
        return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* What reorders or splits a line where it is shown: bidirectional controls, line and paragraph separator.
 * Source: Unicode Standard Annex 9, "Directional Formatting Characters". */
static bool is_deceptive(uint32_t c)
{
        return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
               (c >= 0x2066 && c <= 0x2069);
}

bool text_is_utf8(const char *s)
{
        while (*s) {
                uint32_t c;
                size_t n = utf8_decode(s, &c);

                if (n == 0)
                        return false;
                s += n;
        }
        return true;
}

bool text_is_printable(const char *s)
{
        while (*s) {
                uint32_t c;
                size_t n = utf8_decode(s, &c);

                if (n == 0 || is_control(c))
                        return false;
                s += n;
        }
        return true;
}

bool image_name_is_valid(const char *name)
{
        return filename_is_valid(name) && !string_starts_with(name, ".#") && text_is_printable(name);
}

bool unit_name_is_valid(const char *name)
{
        static const char *const suffixes[] = {".service", ".socket", ".target",   ".timer",
                                               ".path",    ".mount",  ".slice",    ".scope",
                                               ".swap",    ".device", ".automount"};
        const char *dot = strrchr(name, '.');
        size_t length = strlen(name);

        if (!dot || dot == name || length > 255 || name[0] == '@')
                return false;
        if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@") != length)
                return false;
        for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
                if (strcmp(dot, suffixes[i]) == 0)
                        return true;
        return false;
}

bool string_starts_with(const char *s, const char *prefix)
{
        return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool string_ends_with(const char *s, const char *suffix)
{
        size_t n = strlen(s), m = strlen(suffix);

        return n >= m && strcmp(s + n - m, suffix) == 0;
}

char *string_strip(char *s, const char *blanks)
{
        size_t n;

        s += strspn(s, blanks);
        n = strlen(s);
        while (n > 0 && strchr(blanks, s[n - 1]))
                n--;
        s[n] = '\0';
        return s;
}

char *text_escape(const char *s)
{
        char *escaped = malloc(strlen(s) * 4 + 1), *p = escaped;

        if (!escaped)
                return NULL;
        while (*s) {
                uint32_t c;
                size_t n = utf8_decode(s, &c);

                if (n == 0)
                        n = 1;
                else if (!is_control(c) && !is_deceptive(c)) {
                        p = mempcpy(p, s, n);
                        s += n;
                        continue;
                }
                for (; n > 0; n--)
                        p += sprintf(p, "\\x%02x", (unsigned)(uint8_t)*s++);
        }
        *p = '\0';
        return escaped;
}
