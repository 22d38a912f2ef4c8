/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/settings.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "verify/known-settings.h" /* made of known-settings.txt */

/* "[Section]" and "[Section]Key", sorted. */
struct settings {
        char **sorted;
        size_t n;
};

static int add(struct settings *s, const char *section, const char *key, size_t n)
{
        char *entry;

        if (asprintf(&entry, "[%s]%.*s", section, (int)n, key) < 0)
                return -1;
        return strv_consume(&s->sorted, entry);
}

static int parse(struct settings *s, char *const *lines)
{
        char section[64] = "";

        for (size_t i = 0; lines && lines[i]; i++) {
                const char *line = lines[i];
                size_t n = strcspn(line, "=");

                if (sscanf(line, "[%63[^]]]", section) == 1) {
                        if (add(s, section, "", 0) < 0)
                                return -1;
                } else if (line[n] == '=' && *section && add(s, section, line, n) < 0) {
                        return -1;
                }
        }
        return 0;
}

struct settings *settings_parse(const char *dump)
{
        _cleanup_settings_ struct settings *s = calloc(1, sizeof(*s));
        _cleanup_strv_ char **lines = NULL;

        if (!s || strv_split(dump, "\n", &lines) < 0 || parse(s, lines) < 0)
                return NULL;
        s->n = strv_length(s->sorted);
        if (s->n > 0)
                strv_sort(s->sorted);
        return steal_pointer(s);
}

/* A line of the table: of how many characters the key is, 0 for a section or a comment. */
static size_t read_row(const char *line, unsigned *ret_first, unsigned *ret_last)
{
        size_t n = strcspn(line, " \n");

        *ret_first = 0;
        *ret_last = UINT_MAX;
        if (*line == '#' || *line == '[' || line[n] != ' ')
                return 0;
        return sscanf(line + n, " %u %u", ret_first, ret_last) >= 1 ? n : 0;
}

/* The next line of the table, and its section; NULL at the end. */
static const char *next_row(const char *line, char section[static 64])
{
        line = line ? strchr(line, '\n') : known_settings;
        if (line && *line == '\n')
                line++;
        if (!line || !*line)
                return NULL;
        (void)sscanf(line, "[%63[^]]]", section);
        return line;
}

struct settings *settings_of_version(unsigned version)
{
        _cleanup_settings_ struct settings *s = calloc(1, sizeof(*s));
        char section[64] = "";

        for (const char *line = NULL; s && (line = next_row(line, section));) {
                unsigned first, last;
                size_t n = read_row(line, &first, &last);

                if (*line == '[' && add(s, section, "", 0) < 0)
                        return NULL;
                if (n > 0 && (version == 0 || (version >= first && version <= last)) &&
                    add(s, section, line, n) < 0)
                        return NULL;
        }
        if (!s)
                return NULL;
        s->n = strv_length(s->sorted);
        strv_sort(s->sorted);
        return steal_pointer(s);
}

static bool row_is(const char *line, size_t n, const char *key)
{
        return n == strlen(key) && strncmp(line, key, n) == 0;
}

const char *settings_section_of(const char *key, const char *own)
{
        const char *const sections[] = {"Unit", own, "Install"};
        char section[64] = "";

        for (const char *line = NULL; (line = next_row(line, section));) {
                unsigned first, last;
                size_t n = read_row(line, &first, &last);

                for (size_t i = 0; i < ELEMENTSOF(sections) && row_is(line, n, key); i++)
                        if (strcmp(sections[i], section) == 0)
                                return sections[i];
        }
        return NULL;
}

unsigned settings_since(const char *section, const char *key)
{
        char current[64] = "";

        for (const char *line = NULL; (line = next_row(line, current));) {
                unsigned first, last;
                size_t n = read_row(line, &first, &last);

                if (row_is(line, n, key) && strcmp(current, section) == 0)
                        return first > 252 ? first : 0;
        }
        return 0;
}

struct settings *settings_free(struct settings *s)
{
        if (s)
                strv_free(s->sorted);
        free(s);
        return NULL;
}

static int compare(const void *a, const void *b)
{
        return strcmp(a, *(const char *const *)b);
}

static bool contains(const struct settings *s, const char *section, const char *key)
{
        _cleanup_free_ char *entry = NULL;

        if (asprintf(&entry, "[%s]%s", section, key) < 0) {
                entry = NULL;
                return true;
        }
        return bsearch(entry, s->sorted, s->n, sizeof(*s->sorted), compare);
}

bool settings_know(const struct settings *s, const char *section, const char *key)
{
        return !s || s->n == 0 || !contains(s, section, "") || contains(s, section, key);
}
