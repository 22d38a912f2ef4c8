/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/strv.h"

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
