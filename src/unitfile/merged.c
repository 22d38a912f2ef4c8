/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unitfile/merged.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "basic/cleanup.h"
#include "basic/text.h"
#include "unitfile/rule.h"

void unit_merged_clear(struct unit_merged *m)
{
        for (size_t i = 0; i < m->n_texts; i++)
                unit_text_clear(m->texts + i);
        free(m->texts);
        free(m->items);
        *m = (struct unit_merged){};
}

/* What is known of a setting, or of a group of them, when all is read. */
struct tally {
        UT_hash_handle hh;
        char *name;   /* "SECTION\nKEY" or "SECTION\nGROUP" */
        size_t first; /* position of the first that is not empty, behind the last that empties */
        size_t last;  /* of the last that is taken, empty or not */
        bool any;     /* first is set */
};

static void tallies_clear(struct tally **l)
{
        struct tally *t, *next;

        HASH_ITER (hh, *l, t, next) {
                HASH_DEL(*l, t);
                free(t->name);
                free(t);
        }
}

static struct tally *tally_of(struct tally **l, const struct unit_setting *s, const struct unit_rule *rule)
{
        _cleanup_free_ char *name = NULL;
        struct tally *t;

        if (asprintf(&name, "%s\n%s", s->section, rule->group ?: s->key) < 0) {
                name = NULL;
                return NULL;
        }
        HASH_FIND_STR(*l, name, t);
        if (t)
                return t;
        t = calloc(1, sizeof(*t));
        if (!t)
                return NULL;
        t->name = steal_pointer(name);
        HASH_ADD_KEYPTR(hh, *l, t->name, strlen(t->name), t);
        return t;
}

static void take(struct tally *t, const struct unit_rule *rule, const struct unit_setting *s,
                 size_t position)
{
        if (rule->kind == RULE_VALUE && !unit_rule_takes(rule, s->value))
                return;
        t->last = position;
        if (*s->value && !t->any) {
                t->first = position;
                t->any = true;
        } else if (!*s->value && rule->kind == RULE_LIST) {
                t->any = false;
        }
}

static bool counts(const struct tally *t, const struct unit_rule *rule, const struct unit_setting *s,
                   size_t position)
{
        if (!*s->value)
                return false;
        switch (rule->kind) {
        case RULE_SUM:
                return true;
        case RULE_LIST:
                return t->any && position >= t->first;
        case RULE_FIRST:
                return t->any && position == t->first;
        case RULE_LAST:
        case RULE_VALUE:
                return t->last == position && (rule->kind == RULE_LAST || unit_rule_takes(rule, s->value));
        default:
                return false;
        }
}

/* Twice over all: a setting that is emptied again and again costs no more than others. */
static int weigh(struct unit_merged *m)
{
        _cleanup_(tallies_clear) struct tally *tallies = NULL;
        _cleanup_free_ struct {
                const struct unit_rule *rule;
                struct tally *tally;
        } *known = calloc(m->n + 1, sizeof(*known));

        if (!known)
                return -ENOMEM;
        for (size_t i = 0; i < m->n; i++) {
                known[i].rule = unit_rule_find(m->items[i].section, m->items[i].key);
                known[i].tally = tally_of(&tallies, m->items + i, known[i].rule);
                if (!known[i].tally)
                        return -ENOMEM;
                take(known[i].tally, known[i].rule, m->items + i, i);
        }
        for (size_t i = 0; i < m->n; i++)
                m->items[i].counts = counts(known[i].tally, known[i].rule, m->items + i, i);
        return 0;
}

static int collect(struct unit_merged *m)
{
        size_t total = 0;

        for (size_t i = 0; i < m->n_texts; i++)
                total += m->texts[i].n;
        m->items = calloc(total + 1, sizeof(*m->items));
        if (!m->items)
                return -ENOMEM;
        for (size_t i = 0; i < m->n_texts; i++)
                for (size_t k = 0; k < m->texts[i].n; k++) {
                        const struct unit_assignment *a = m->texts[i].items + k;

                        m->items[m->n++] = (struct unit_setting){
                                .section = a->section,
                                .key = a->key,
                                .value = a->value,
                                .source = i,
                                .line = a->line,
                        };
                }
        return 0;
}

int unit_merged_read(const struct unit_source *sources, size_t n, struct unit_merged *ret)
{
        _cleanup_unit_merged_ struct unit_merged m = {.texts = calloc(n + 1, sizeof(*m.texts))};

        if (!m.texts)
                return -ENOMEM;
        for (; m.n_texts < n; m.n_texts++)
                if (unit_text_read(sources[m.n_texts].text, sources[m.n_texts].size, m.texts + m.n_texts) <
                    0)
                        return -ENOMEM;
        if (collect(&m) < 0 || weigh(&m) < 0)
                return -ENOMEM;
        *ret = m;
        m = (struct unit_merged){};
        return 0;
}

static bool is_setting(const struct unit_setting *s, const char *section, const char *key)
{
        /* Asked hundreds of times a unit: most names differ in the first letter already. */
        return s->counts && *s->key == *key && strcmp(s->key, key) == 0 && strcmp(s->section, section) == 0;
}

const struct unit_setting *unit_merged_next(const struct unit_merged *m, const char *section,
                                            const char *key, const struct unit_setting *after)
{
        for (size_t i = after ? (size_t)(after - m->items) + 1 : 0; i < m->n; i++)
                if (is_setting(m->items + i, section, key))
                        return m->items + i;
        return NULL;
}

const struct unit_setting *unit_merged_get(const struct unit_merged *m, const char *section, const char *key)
{
        for (size_t i = m->n; i-- > 0;)
                if (is_setting(m->items + i, section, key))
                        return m->items + i;
        return NULL;
}

int unit_merged_next_word(const struct unit_merged *m, const char *section, const char *key,
                          struct unit_merged_words *w)
{
        while (!w->setting || !unit_words_next(&w->words)) {
                unit_words_end(&w->words);
                w->setting = unit_merged_next(m, section, key, w->setting);
                if (!w->setting)
                        return 0;
                if (unit_words_begin(&w->words, w->setting->value) < 0)
                        return -ENOMEM;
        }
        return 1;
}

void unit_merged_words_end(struct unit_merged_words *w)
{
        unit_words_end(&w->words);
}

bool unit_merged_is_true(const struct unit_merged *m, const char *section, const char *key, bool fallback)
{
        const struct unit_setting *s = unit_merged_get(m, section, key);
        int r = s ? text_to_boolean(s->value) : -EINVAL;

        return r < 0 ? fallback : r;
}
