/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any bytes as a unit and its drop-in, parted at the first form feed. What counts, written down as one file,
 * must count as the same; nothing that is empty counts, and what does is found where it stands.
 */

#include "unitfile/merged.h"

#include <string.h>

#include "basic/cleanup.h"
#include "fuzz.h"
#include "unitfile/rule.h"

static size_t count(const struct unit_merged *m)
{
        size_t n = 0;

        for (size_t i = 0; i < m->n; i++)
                n += m->items[i].counts;
        return n;
}

static void check_items(const struct unit_merged *m)
{
        for (size_t i = 0; i < m->n; i++) {
                const struct unit_setting *s = m->items + i;

                fuzz_check(s->source < m->n_texts && s->line > 0);
                if (!s->counts)
                        continue;
                fuzz_check(*s->value);
                fuzz_check(unit_merged_next(m, s->section, s->key, i ? m->items + i - 1 : NULL) == s);
                fuzz_check(unit_merged_get(m, s->section, s->key) >= s);
        }
}

/* A value that ends in a backslash would go on in the next line, a key that looks like a comment would be
 * one. */
static bool can_be_written(const struct unit_merged *m)
{
        for (size_t i = 0; i < m->n; i++) {
                const struct unit_setting *s = m->items + i;

                if (s->counts && (s->value[strlen(s->value) - 1] == '\\' || strchr("#;[\xef", *s->key)))
                        return false;
        }
        return true;
}

static void check_again(const struct unit_merged *m)
{
        _cleanup_unit_merged_ struct unit_merged again = {};
        _cleanup_free_ char *text = NULL;
        size_t size, k = 0;
        FILE *f = open_memstream(&text, &size);

        fuzz_check(f);
        for (size_t i = 0; i < m->n; i++)
                if (m->items[i].counts)
                        fprintf(f, "[%s]\n%s=%s\n", m->items[i].section, m->items[i].key, m->items[i].value);
        fuzz_check(fclose(f) == 0);
        fuzz_check(unit_merged_read(&(struct unit_source){text, size}, 1, &again) == 0);
        fuzz_check(again.n == count(m) && count(&again) == again.n);
        for (size_t i = 0; i < m->n; i++) {
                if (!m->items[i].counts)
                        continue;
                fuzz_check(strcmp(m->items[i].section, again.items[k].section) == 0);
                fuzz_check(strcmp(m->items[i].key, again.items[k].key) == 0);
                fuzz_check(strcmp(m->items[i].value, again.items[k].value) == 0);
                k++;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const char *text = (const char *)data, *part = memchr(text, '\f', size) ?: text + size;
        const struct unit_source sources[] = {{text, (size_t)(part - text)},
                                              {part, (size_t)(text + size - part)}};
        _cleanup_unit_merged_ struct unit_merged m = {};

        fuzz_check(unit_merged_read(sources, 2, &m) == 0);
        check_items(&m);
        if (can_be_written(&m))
                check_again(&m);
        return 0;
}
