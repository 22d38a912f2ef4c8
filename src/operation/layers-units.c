/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/layers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"

#define LISTED_MAX 12

/* The list, without its end where it is long: "a, b and 7 more". */
static char *list_words(char *const *words, const char *separator)
{
        _cleanup_strv_ char **first = NULL;
        _cleanup_free_ char *joined = NULL;
        size_t n = strv_length(words);
        char *text;

        for (size_t i = 0; words && words[i] && i < LISTED_MAX; i++)
                if (strv_append(&first, words[i]) < 0)
                        return NULL;
        joined = strv_join(first, separator);
        if (!joined || n <= LISTED_MAX)
                return steal_pointer(joined);
        return asprintf(&text, "%s and %zu more", joined, n - LISTED_MAX) < 0 ? NULL : text;
}

/* What a name up to the first border would take. */
static int add_prefix(char ***prefixes, const char *unit)
{
        char *prefix = strndup(unit, strcspn(unit, "-.@"));

        if (prefix && (!*prefix || strv_contains(*prefixes, prefix))) {
                free(prefix);
                return 0;
        }
        return strv_consume(prefixes, prefix);
}

/* "'a.service' is a FIFO, ..." of the entries that were asked for. */
static int add_faults(char ***faults, const struct metadata *m, char *const *prefixes)
{
        for (char **line = m->unusable; line && *line; line++) {
                const char *tab = strchr(*line, '\t');
                _cleanup_free_ char *name = strndup(*line, strcspn(*line, "\t"));

                if (!name || !tab)
                        return -ENOMEM;
                if (!unit_name_matches_any(name, prefixes))
                        continue;
                if (strv_appendf(faults, "'%s' %s", name, unit_fault_to_string(tab[1])) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int collect_hints(const struct layers *l, char *const *prefixes, char ***units, char ***hints,
                         char ***faults)
{
        for (size_t i = 0; i < l->n; i++) {
                const struct metadata *m = l->items[i].metadata;

                for (char **name = m->unit_names; name && *name; name++)
                        if (strv_append(units, *name) < 0 || add_prefix(hints, *name) < 0)
                                return -ENOMEM;
                if (add_faults(faults, m, prefixes) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* Says what there is and how to ask for it: the usual cause is a prefix that is not the image's name. */
int layers_error_no_match(const struct layers *l, char *const *prefixes, struct error *error)
{
        const char *image = l->items->image->path;
        _cleanup_free_ char *have = NULL, *asked = list_words(prefixes, "', '"), *shown = NULL,
                            *match = NULL, *fault = NULL;
        _cleanup_strv_ char **units = NULL, **hints = NULL, **faults = NULL;

        if (collect_hints(l, prefixes, &units, &hints, &faults) < 0)
                return error_set_oom(error);
        have = list_words(units, ", ");
        match = list_words(hints, ", ");
        fault = list_words(faults, ", ");
        shown = asked ? text_escape(asked) : NULL;
        if (!have || !match || !fault || !shown)
                return error_set_oom(error);
        if (!have[0])
                return error_set(error, ERROR_NO_MATCHING_UNIT_FILES, ENOENT,
                                 "Image '%s' has no %sunit files%s%s", image, fault[0] ? "usable " : "",
                                 fault[0] ? ": " : " at all", fault);
        return error_set(
                error, ERROR_NO_MATCHING_UNIT_FILES, ENOENT,
                "No unit file in image '%s' matches prefix%s '%s' (there are: %s; prefix%s that would "
                "match: %s)%s%s",
                image, strv_length(prefixes) > 1 ? "es" : "", shown, have,
                strv_length(hints) > 1 ? "es" : "", match, fault[0] ? "; " : "", fault);
}

static int add_aliased(const char *name, const char *target, char ***prefixes, char ***notes)
{
        if (strv_contains(*prefixes, target))
                return 0;
        if (strv_append(prefixes, target) < 0)
                return -ENOMEM;
        if (!notes)
                return 1;
        return strv_appendf(notes,
                            "'%s' is an alias of '%s' in it: attach takes that unit by its own name only",
                            name, target) < 0
                       ? -ENOMEM
                       : 1;
}

int layers_add_aliased(const struct layers *l, char *const *matches, char ***prefixes, char ***notes)
{
        int n = 0;

        for (char *const *match = matches; match && *match; match++)
                for (size_t i = 0; i < l->n; i++) {
                        const char *target = metadata_get_alias(l->items[i].metadata, *match);
                        int r = target ? add_aliased(*match, target, prefixes, notes) : 0;

                        if (r < 0)
                                return r;
                        n += r;
                }
        return n;
}

static int layer_unit_compare(const void *a, const void *b)
{
        const struct layer_unit *x = a, *y = b;
        int r = strcmp(x->file->name, y->file->name);

        if (r != 0)
                return r;
        return x->layer < y->layer ? -1 : x->layer > y->layer;
}

int layers_collect_units(const struct layers *l, char *const *prefixes, struct layer_unit **ret,
                         size_t *ret_n)
{
        _cleanup_free_ struct layer_unit *units = NULL;
        size_t total = 0, n = 0, kept = 0;

        for (size_t i = 0; i < l->n; i++)
                total += l->items[i].metadata->n_units;
        units = calloc(total + 1, sizeof(*units));
        if (!units)
                return -ENOMEM;
        for (size_t i = 0; i < l->n; i++)
                for (size_t k = 0; k < l->items[i].metadata->n_units; k++) {
                        const struct unit_file *file = l->items[i].metadata->units + k;

                        if (unit_name_matches_any(file->name, prefixes))
                                units[n++] = (struct layer_unit){.file = file, .layer = i};
                }

        qsort(units, n, sizeof(*units), layer_unit_compare);
        for (size_t i = 0; i < n; i++)
                if (kept == 0 || strcmp(units[kept - 1].file->name, units[i].file->name) != 0)
                        units[kept++] = units[i];
        *ret = steal_pointer(units);
        *ret_n = kept;
        return 0;
}
