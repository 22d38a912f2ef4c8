/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/list-choice.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attached/names.h"
#include "attached/state.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "image/version.h"
#include "operation/missing.h"
#include "plan/kind.h"
#include "portablectl/options.h"
#include "wire/result.h"

static const struct {
        const char *title, *word;
} columns[LIST_COLUMN_MAX] = {
        [LIST_NAME] = {"NAME", "name"},          [LIST_TYPE] = {"TYPE", "type"},
        [LIST_READ_ONLY] = {"RO", "ro"},         [LIST_CRTIME] = {"CRTIME", "crtime"},
        [LIST_MTIME] = {"MTIME", "mtime"},       [LIST_USAGE] = {"USAGE", "usage"},
        [LIST_STATE] = {"STATE", "state"},       [LIST_VERSION] = {"VERSION", "version"},
        [LIST_PROFILE] = {"PROFILE", "profile"}, [LIST_DEFINITION] = {"DEFINITION", "definition"},
        [LIST_PATH] = {"PATH", "path"},
};

static const char *column_word(int i)
{
        return i < LIST_COLUMN_MAX ? columns[i].word : NULL;
}

static const char *state_word(int i)
{
        return i < PORTABLE_STATE_MAX ? portable_state_to_string((enum portable_state)i) : NULL;
}

static const char *type_word(int i)
{
        if (i == IMAGE_TYPE_MAX)
                return IMAGE_TYPE_MISSING;
        return i < IMAGE_TYPE_MAX ? image_type_to_string((enum image_type)i) : NULL;
}

/* The words there may be, by number, up to the first NULL. */
typedef const char *(*words_fn)(int i);

static int fail_word(const char *option, const char *word, size_t n, words_fn word_of, struct error *error)
{
        char list[256] = "";
        const char *w;
        size_t size = 0;

        for (int i = 0; (w = word_of(i)); i++)
                size += (size_t)snprintf(list + size, sizeof(list) - size, "%s%s", size ? ", " : "", w);
        return error_set(error, ERROR_INVALID_ARGS, EINVAL, "--%s= does not take '%.*s'; it takes %s",
                         option, (int)n, word, list);
}

/* The next of words between commas; -EINVAL for one that there is not, -ENODATA at the end. */
static int next_word(const char *option, const char **list, words_fn word_of, struct error *error)
{
        const char *word = *list, *w;
        size_t n = strcspn(word, ",");

        if (!*word)
                return -ENODATA;
        *list = word + n + (word[n] == ',');
        for (int i = 0; (w = word_of(i)); i++)
                if (strlen(w) == n && strncmp(w, word, n) == 0)
                        return i;
        return fail_word(option, word, n, word_of, error);
}

static int parse_set(const char *option, const char *list, words_fn word_of, uint32_t *ret,
                     struct error *error)
{
        int i = 0;

        if (list && !*list)
                return fail_word(option, "", 0, word_of, error);
        while (list && (i = next_word(option, &list, word_of, error)) >= 0)
                *ret |= UINT32_C(1) << i;
        return i < 0 && i != -ENODATA ? i : 0;
}

static int parse_columns(const char *list, struct list_choice *c, struct error *error)
{
        int i = 0;

        if (!list)
                for (; c->n_columns <= LIST_STATE; c->n_columns++)
                        c->columns[c->n_columns] = (enum list_column)c->n_columns;
        if (list && !*list)
                return fail_word("columns", "", 0, column_word, error);
        while (list && (i = next_word("columns", &list, column_word, error)) >= 0) {
                for (size_t k = 0; k < c->n_columns; k++)
                        if (c->columns[k] == (enum list_column)i)
                                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                                 "--columns= names '%s' twice", column_word(i));
                c->columns[c->n_columns++] = (enum list_column)i;
        }
        return i < 0 && i != -ENODATA ? i : 0;
}

const char *list_column_title(enum list_column column)
{
        return columns[column].title;
}

/* One word, not a list of them. */
static int parse_sort(const char *word, enum list_column *ret, struct error *error)
{
        const char *w;

        *ret = LIST_NAME;
        for (int i = 0; word && (w = column_word(i)); i++)
                if (strcmp(w, word) == 0) {
                        *ret = (enum list_column)i;
                        return 0;
                }
        if (!word)
                return 0;
        return fail_word("sort", word, strlen(word), column_word, error);
}

int list_choice_parse(const struct options *options, char *const *patterns, struct list_choice *ret,
                      struct error *error)
{
        struct list_choice c = {.patterns = patterns};
        int r;

        if (options->columns && options->json != JSON_OFF)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "--columns= is of the table: JSON has its own fields, all of them");
        r = parse_columns(options->columns, &c, error);
        if (r >= 0)
                r = parse_set("state", options->states, state_word, &c.states, error);
        if (r >= 0)
                r = parse_set("type", options->types, type_word, &c.types, error);
        if (r < 0)
                return r;
        r = parse_sort(options->sort, &c.sort, error);
        if (r < 0)
                return r;
        *ret = c;
        return 0;
}

static bool is_in_set(uint32_t set, const char *word, words_fn word_of)
{
        const char *w;

        for (int i = 0; (w = word_of(i)); i++)
                if (set & (UINT32_C(1) << i) && strcmp(w, word) == 0)
                        return true;
        return set == 0;
}

static bool matches(char *const *patterns, const char *name)
{
        if (!patterns || !*patterns)
                return true;
        for (; *patterns; patterns++)
                if (fnmatch(*patterns, name, FNM_PERIOD) == 0)
                        return true;
        return false;
}

/* The larger first. */
static int compare_number(uint64_t a, uint64_t b)
{
        return (a < b) - (a > b);
}

/* What is not known is the least. */
static uint64_t known(uint64_t value)
{
        return value == UINT64_MAX ? 0 : value;
}

static int compare_versions(const char *a, const char *b)
{
        return version_compare(a, strlen(a), b, strlen(b));
}

static int compare_by(enum list_column column, const struct image_row *a, const struct image_row *b)
{
        switch (column) {
        case LIST_TYPE:
                return strcmp(a->type, b->type);
        case LIST_READ_ONLY:
                return compare_number(a->read_only, b->read_only);
        case LIST_CRTIME:
                return compare_number(a->crtime, b->crtime);
        case LIST_MTIME:
                return compare_number(a->mtime, b->mtime);
        case LIST_USAGE:
                return compare_number(known(a->usage), known(b->usage));
        case LIST_STATE:
                return strcmp(a->state, b->state);
        case LIST_PROFILE:
                return strcmp(a->profile ?: "", b->profile ?: "");
        case LIST_DEFINITION:
                return strcmp(a->definition ?: "", b->definition ?: "");
        case LIST_PATH:
                return strcmp(a->path ?: "", b->path ?: "");
        case LIST_VERSION:
                return attached_names_share_stem(a->name, b->name)
                               ? compare_versions(attached_name_version(b->name),
                                                  attached_name_version(a->name))
                               : 0;
        case LIST_NAME:
        case LIST_COLUMN_MAX:
        default:
                return 0;
        }
}

static int compare_rows(const void *a, const void *b, void *userdata)
{
        const struct image_row *x = a, *y = b;
        const struct list_choice *c = userdata;

        return compare_by(c->sort, x, y) ?: strcmp(x->name, y->name);
}

void list_choose(const struct list_choice *choice, struct image_table *table)
{
        size_t n = 0;

        for (size_t i = 0; i < table->n; i++) {
                struct image_row row = table->rows[i];

                if (matches(choice->patterns, row.name) &&
                    is_in_set(choice->states, row.state, state_word) &&
                    is_in_set(choice->types, row.type, type_word)) {
                        table->rows[i] = table->rows[n];
                        table->rows[n++] = row;
                }
        }
        image_table_cut(table, n);
        if (choice->sort != LIST_NAME)
                qsort_r(table->rows, n, sizeof(*table->rows), compare_rows, (void *)choice);
}
