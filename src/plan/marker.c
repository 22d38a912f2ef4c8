/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/marker.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/strv.h"

static const char marker_begin[] = "# Drop-in created for image '";
static const char marker_end[] = "', do not edit.";

static bool needs_escape(char c)
{
        return c == ':' || c == '\\' || (unsigned char)c < 0x20 || c == 0x7f;
}

static char *append_escaped(char *p, const char *path)
{
        for (; *path; path++)
                if (needs_escape(*path))
                        p += sprintf(p, "\\x%02x", (unsigned char)*path);
                else
                        *p++ = *path;
        return p;
}

char *marker_format(char *const *paths)
{
        size_t size = sizeof(marker_begin) + sizeof(marker_end) + 2;
        char *line, *p;

        for (size_t i = 0; paths[i]; i++)
                size += 4 * strlen(paths[i]) + 1;
        line = malloc(size);
        if (!line)
                return NULL;

        p = stpcpy(line, marker_begin);
        for (size_t i = 0; paths[i]; i++) {
                if (i > 0)
                        *p++ = ':';
                p = append_escaped(p, paths[i]);
        }
        p = stpcpy(p, marker_end);
        strcpy(p, "\n");
        return line;
}

static int hex_digit(char c)
{
        const char *digits = "0123456789abcdef", *p = c ? strchr(digits, c | 0x20) : NULL;

        return p ? (int)(p - digits) : -1;
}

/* Reads one character of a path, escaped ("\xNN", or "\" before any other) or not; returns how many bytes it
 * took. */
static size_t read_character(const char *s, size_t size, char *ret)
{
        if (s[0] != '\\' || size < 2) {
                *ret = s[0];
                return 1;
        }
        if (s[1] == 'x' && size >= 4 && hex_digit(s[2]) >= 0 && hex_digit(s[3]) >= 0) {
                *ret = (char)(hex_digit(s[2]) << 4 | hex_digit(s[3]));
                return 4;
        }
        *ret = s[1];
        return 2;
}

static int split_paths(const char *s, size_t size, char ***ret)
{
        _cleanup_strv_ char **paths = NULL;
        _cleanup_free_ char *path = malloc(size + 1);
        size_t n = 0;

        if (!path)
                return -ENOMEM;
        for (size_t i = 0; i <= size;) {
                if (i < size && s[i] != ':') {
                        i += read_character(s + i, size - i, path + n);
                        if (path[n++] == '\0')
                                return 0;
                        continue;
                }
                path[n] = '\0';
                if (n > 0 && strv_append(&paths, path) < 0)
                        return -ENOMEM;
                n = 0;
                i++;
        }
        if (!paths)
                return 0;
        *ret = steal_pointer(paths);
        return 1;
}

int marker_parse(const char *data, size_t size, char ***ret)
{
        const size_t begin = sizeof(marker_begin) - 1, end = sizeof(marker_end) - 1;
        const char *newline = memchr(data, '\n', size);
        size_t line = newline ? (size_t)(newline - data) : size;

        if (line < begin + end || memchr(data, 0, line))
                return 0;
        if (memcmp(data, marker_begin, begin) != 0 || memcmp(data + line - end, marker_end, end) != 0)
                return 0;
        return split_paths(data + begin, line - begin - end, ret);
}
