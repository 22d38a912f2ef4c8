/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/pick.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "image/version.h"
#include "plan/kind.h"

void pick_pattern_clear(struct pick_pattern *p)
{
        free(p->base);
        free(p->suffix);
        *p = (struct pick_pattern){0};
}

static int pattern_new(const char *base, size_t base_length, const char *suffix, struct pick_pattern *ret)
{
        _cleanup_pick_pattern_ struct pick_pattern p = {
                .base = strndup(base, base_length),
                .suffix = strdup(suffix),
        };

        if (!p.base || !p.suffix)
                return -ENOMEM;
        p.want_raw = entry_form_has_files(suffix);
        p.want_directory = !p.want_raw;
        *ret = p;
        p = (struct pick_pattern){0};
        return 0;
}

int pick_pattern_from_directory(const char *name, struct pick_pattern *ret)
{
        const struct entry_form_row *form = entry_forms + entry_form_of(name);

        if (!form->versioned)
                return -EINVAL;
        return pattern_new(name, strlen(name) - strlen(form->suffix), form->kind, ret);
}

int pick_pattern_from_file(const char *name, struct pick_pattern *ret)
{
        const char *mark = NULL;

        /* The last one: of "a____b" the base is "a_". */
        for (const char *p = name; (p = strstr(p, "___")); p++)
                mark = p;
        if (!mark || mark == name)
                return -EINVAL;
        return pattern_new(name, (size_t)(mark - name), mark + strlen("___"), ret);
}

/* A decimal number below 2^32 at *p, which is moved behind it. */
static bool take_number(const char **p, const char *end, uint32_t *ret)
{
        const char *start = *p;
        uint64_t v = 0;

        for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
                v = v * 10 + (uint64_t)(**p - '0');
                if (v > UINT32_MAX)
                        return false;
        }
        *ret = (uint32_t)v;
        return *p > start;
}

/* Cuts a "+LEFT" or "+LEFT-DONE" off. What only looks like it stays, and makes the version invalid. */
static const char *cut_tries(const char *p, const char *end, struct pick_candidate *c)
{
        const char *plus = memrchr(p, '+', (size_t)(end - p)), *q;
        uint32_t left, done = 0;

        if (!plus)
                return end;
        q = plus + 1;
        if (!take_number(&q, end, &left))
                return end;
        if (q < end && *q == '-') {
                q++;
                if (!take_number(&q, end, &done))
                        return end;
        }
        if (q < end)
                return end;
        c->tries_left = left;
        c->tries_done = done;
        return plus;
}

bool pick_parse(const char *file, const char *base, const char *suffix, const char *native,
                struct pick_candidate *ret)
{
        size_t n = strlen(file), base_length = strlen(base), suffix_length = strlen(suffix);
        struct pick_candidate c = {.file = file, .tries_left = UINT32_MAX};
        const char *end, *underscore;

        if (n < base_length + 1 + suffix_length || !string_starts_with(file, base) ||
            file[base_length] != '_' || !string_ends_with(file, suffix))
                return false;
        c.version = file + base_length + 1;
        end = cut_tries(c.version, file + n - suffix_length, &c);
        underscore = memrchr(c.version, '_', (size_t)(end - c.version));
        if (underscore) {
                c.fit = architecture_fit(underscore + 1, (size_t)(end - underscore - 1), native);
                if (c.fit == ARCHITECTURE_FOREIGN)
                        return false;
                end = underscore;
        }
        c.version_length = (size_t)(end - c.version);
        if (!version_is_valid(c.version, c.version_length))
                return false;
        *ret = c;
        return true;
}

static int compare_u32(uint32_t a, uint32_t b)
{
        return (a > b) - (a < b);
}

int pick_compare(const struct pick_candidate *a, const struct pick_candidate *b)
{
        int c;

        c = compare_u32(a->tries_left > 0, b->tries_left > 0);
        if (c == 0)
                c = version_compare(a->version, a->version_length, b->version, b->version_length);
        if (c == 0)
                c = (int)a->fit - (int)b->fit;
        if (c == 0)
                c = compare_u32(a->tries_left, b->tries_left);
        if (c == 0)
                c = compare_u32(b->tries_done, a->tries_done);
        return c == 0 ? strcmp(a->file, b->file) : c;
}
