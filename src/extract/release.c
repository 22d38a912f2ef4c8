/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "extract/release.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "extract/extract.h"

/* What is left to read, and the value being put together. "value" has room for all that is left. */
struct release_parser {
        const char *p, *end;
        char *value;
        size_t n, n_kept; /* n_kept: trailing blanks beyond this are cut off (they were not quoted) */
};

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r';
}

static bool is_key_char(char c, bool first)
{
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
               (!first && c >= '0' && c <= '9');
}

static void skip_line(struct release_parser *s)
{
        const char *newline = memchr(s->p, '\n', (size_t)(s->end - s->p));

        s->p = newline ? newline + 1 : s->end;
}

static void value_append(struct release_parser *s, char c)
{
        s->value[s->n++] = c;
}

static bool parse_single_quoted(struct release_parser *s)
{
        const char *close = memchr(s->p, '\'', (size_t)(s->end - s->p));
        size_t n;

        if (!close)
                return false;
        n = (size_t)(close - s->p);
        memcpy(s->value + s->n, s->p, n);
        s->n_kept = s->n += n;
        s->p = close + 1;
        return true;
}

static const char *find_double_quote(const char *p, const char *end)
{
        for (; p < end; p++) {
                if (*p == '"')
                        return p;
                if (*p == '\\')
                        p++;
        }
        return NULL;
}

/* Source of what a backslash does here: POSIX shell, "Double-Quotes". */
static bool parse_double_quoted(struct release_parser *s)
{
        const char *close = find_double_quote(s->p, s->end);

        if (!close)
                return false;
        for (; s->p < close; s->p++) {
                if (*s->p == '\\' && strchr("\"\\`$\n", s->p[1])) {
                        s->p++;
                        if (*s->p == '\n')
                                continue;
                }
                value_append(s, *s->p);
        }
        s->n_kept = s->n;
        s->p = close + 1;
        return true;
}

static void parse_escape(struct release_parser *s)
{
        if (s->p == s->end)
                return;
        if (*s->p != '\n') {
                value_append(s, *s->p);
                s->n_kept = s->n;
        }
        s->p++;
}

/* Reads from after "=" to the end of the assignment, and past its newline. */
static void parse_value(struct release_parser *s)
{
        bool blank = false;

        s->n = s->n_kept = 0;
        while (s->p < s->end && *s->p != '\n') {
                char c = *s->p++;

                if (c == '#' && blank)
                        break;
                blank = is_blank(c);
                if (c == '\\')
                        parse_escape(s);
                else if (c == '\'')
                        parse_single_quoted(s);
                else if (c == '"')
                        parse_double_quoted(s);
                else if (!blank || s->n > 0)
                        value_append(s, c);
                if (!blank)
                        s->n_kept = s->n;
        }
        skip_line(s);
        s->value[s->n_kept] = '\0';
}

/* The key of the assignment that starts here; the position is then behind its "=". NULL: none, line skipped.
 */
static char *parse_key(struct release_parser *s, bool *ret_oom)
{
        const char *start;
        char *key;

        while (s->p < s->end && is_blank(*s->p))
                s->p++;
        start = s->p;
        while (s->p < s->end && is_key_char(*s->p, s->p == start))
                s->p++;
        if (s->p == start || s->p == s->end || *s->p != '=') {
                skip_line(s);
                return NULL;
        }
        key = strndup(start, (size_t)(s->p - start));
        *ret_oom = !key;
        s->p++;
        return key;
}

struct list {
        struct release_field *fields;
        size_t n, allocated;
};

static void list_clear(struct list *l)
{
        release_fields_free(l->fields, l->n);
}

static int list_append(struct list *l, char **key, const char *value)
{
        char *copy;

        if (l->n == l->allocated) {
                size_t want = l->allocated ? l->allocated * 2 : 16;
                struct release_field *grown = reallocarray(l->fields, want, sizeof(*grown));

                if (!grown)
                        return -ENOMEM;
                l->fields = grown;
                l->allocated = want;
        }
        copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        l->fields[l->n++] = (struct release_field){.key = steal_pointer(*key), .value = copy};
        return 0;
}

static int compare_fields(const void *a, const void *b)
{
        const struct release_field *const *x = a, *const *y = b;
        int r = strcmp((*x)->key, (*y)->key);

        if (r != 0)
                return r;
        return *x < *y ? -1 : *x > *y;
}

int release_fields_unique(struct release_field *fields, size_t *n)
{
        _cleanup_free_ const struct release_field **sorted = NULL;
        size_t kept = 0;

        if (*n < 2)
                return 0;
        sorted = reallocarray(NULL, *n, sizeof(*sorted));
        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < *n; i++)
                sorted[i] = &fields[i];
        qsort(sorted, *n, sizeof(*sorted), compare_fields);
        for (size_t i = 0; i + 1 < *n; i++) {
                struct release_field *f = &fields[sorted[i] - fields];

                if (strcmp(f->key, sorted[i + 1]->key) != 0)
                        continue;
                /* The key stays until the end: the one before is still compared with it. */
                free(f->value);
                f->value = NULL;
        }
        for (size_t i = 0; i < *n; i++) {
                if (fields[i].value)
                        fields[kept++] = fields[i];
                else
                        free(fields[i].key);
        }
        *n = kept;
        return 0;
}

int release_parse(const char *data, size_t size, struct release_field **ret, size_t *ret_n)
{
        _cleanup_free_ char *value = malloc(size + 1);
        struct release_parser s = {.p = data, .end = data + size, .value = value};
        _cleanup_(list_clear) struct list l = {};

        if (!value)
                return -ENOMEM;
        while (s.p < s.end) {
                bool oom = false;
                _cleanup_free_ char *key = parse_key(&s, &oom);

                if (oom)
                        return -ENOMEM;
                if (!key)
                        continue;
                parse_value(&s);
                if (strlen(s.value) != s.n_kept || !text_is_printable(s.value))
                        continue;
                if (list_append(&l, &key, s.value) < 0)
                        return -ENOMEM;
        }
        if (release_fields_unique(l.fields, &l.n) < 0)
                return -ENOMEM;
        *ret_n = l.n;
        *ret = l.fields;
        l = (struct list){};
        return 0;
}

void release_fields_free(struct release_field *fields, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(fields[i].key);
                free(fields[i].value);
        }
        free(fields);
}

bool release_key_is_valid(const char *key)
{
        size_t n = 0;

        while (key[n] && is_key_char(key[n], n == 0))
                n++;
        return n > 0 && key[n] == '\0';
}

const char *release_field_get(const struct release_field *fields, size_t n, const char *key)
{
        while (n-- > 0)
                if (strcmp(fields[n].key, key) == 0)
                        return fields[n].value;
        return NULL;
}
