/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/marker.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/strv.h"

/* What stands around the list of paths in each kind of line. */
struct frame {
        const char *begin, *end;
};

static const struct frame marker_frame = {"# Drop-in created for image '", "', do not edit."};

static const struct frame note_frames[MARKER_NOTE_MAX] = {
        [MARKER_NOTE_KEPT] = {"# There before the attach: '", "', detach keeps it."},
        [MARKER_NOTE_PREFIXES] = {"# Attached with the prefixes '", "', reattach keeps them."},
        [MARKER_NOTE_UNITS] = {"# With the unit files '", "' in the place of those of the image."},
        [MARKER_NOTE_CONFINED] = {"# Confined to the profile: '", "', reattach keeps it."},
        [MARKER_NOTE_COPIED] = {"# Copied by the attach: '", "', detach removes it."},
        [MARKER_NOTE_SOURCE] = {"# Copied from: '", "', which reattach takes by that name."},
};

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

static char *format_line(const struct frame *frame, char *const *paths)
{
        size_t size = strlen(frame->begin) + strlen(frame->end) + 2;
        char *line, *p;

        for (size_t i = 0; paths[i]; i++)
                size += 4 * strlen(paths[i]) + 1;
        line = malloc(size);
        if (!line)
                return NULL;

        p = stpcpy(line, frame->begin);
        for (size_t i = 0; paths[i]; i++) {
                if (i > 0)
                        *p++ = ':';
                p = append_escaped(p, paths[i]);
        }
        p = stpcpy(p, frame->end);
        strcpy(p, "\n");
        return line;
}

char *marker_format(char *const *paths)
{
        return format_line(&marker_frame, paths);
}

char *marker_note_format(enum marker_note note, char *const *paths)
{
        return strv_length(paths) > 0 ? format_line(note_frames + note, paths) : strdup("");
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
        if (s[1] == 'x' && size >= 4) {
                int high = hex_digit(s[2]), low = hex_digit(s[3]);

                if (high >= 0 && low >= 0) {
                        *ret = (char)(high << 4 | low);
                        return 4;
                }
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

/* 1: the line is framed so, *ret has its paths. 0: it is not. */
static int parse_line(const struct frame *frame, const char *line, size_t size, char ***ret)
{
        size_t begin = strlen(frame->begin), end = strlen(frame->end);

        if (size < begin + end || memchr(line, 0, size))
                return 0;
        if (memcmp(line, frame->begin, begin) != 0 || memcmp(line + size - end, frame->end, end) != 0)
                return 0;
        return split_paths(line + begin, size - begin - end, ret);
}

static size_t line_length(const char *data, size_t size)
{
        const char *newline = memchr(data, '\n', size);

        return newline ? (size_t)(newline - data) : size;
}

int marker_parse(const char *data, size_t size, char ***ret)
{
        return parse_line(&marker_frame, data, line_length(data, size), ret);
}

int marker_note_parse(enum marker_note note, const char *data, size_t size, char ***ret)
{
        char **paths;

        /* Notes stand directly below the marker: the first line that is not a comment ends the search. */
        while (size > 0 && *data == '#') {
                size_t n = line_length(data, size);
                int r = parse_line(note_frames + note, data, n, &paths);

                if (r < 0)
                        return r;
                if (r > 0) {
                        *ret = paths;
                        return 0;
                }
                n += n < size;
                data += n;
                size -= n;
        }
        return strv_copy(NULL, ret);
}

#define DEFINITION_SECTION "\n[X-Portable]\nDefinition="

bool marker_definition_is_valid(const char *name)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.";

        return name[0] && name[0] != '.' && name[strspn(name, letters)] == '\0' && strlen(name) <= 200;
}

char *marker_definition_format(const char *name)
{
        char *text;

        return asprintf(&text, "%s%s\n", DEFINITION_SECTION, name) < 0 ? NULL : text;
}

int marker_definition_parse(const char *data, size_t size, char **ret)
{
        const size_t n = strlen(DEFINITION_SECTION);
        const char *found = memmem(data, size, DEFINITION_SECTION, n);
        _cleanup_free_ char *name = NULL;

        *ret = NULL;
        if (!found)
                return 0;
        found += n;
        name = strndup(found, line_length(found, size - (size_t)(found - data)));
        if (!name)
                return -ENOMEM;
        if (marker_definition_is_valid(name))
                *ret = steal_pointer(name);
        return 0;
}
