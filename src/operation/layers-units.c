/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/layers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"

/* Says what there is and how to ask for it: the usual cause is a prefix that is not the image's name. */
int layers_error_no_match(const struct layers *l, char *const *prefixes, struct error *error)
{
        const struct layer *base = l->items;
        _cleanup_free_ char *have = NULL, *asked = strv_join(prefixes, "', '"), *shown = NULL;
        _cleanup_strv_ char **all = NULL;

        for (size_t i = 0; i < l->n; i++)
                for (char **name = l->items[i].metadata->unit_names; name && *name; name++)
                        if (strv_append(&all, *name) < 0)
                                return error_set_oom(error);
        have = strv_join(all, ", ");
        shown = asked ? text_escape(asked) : NULL;
        if (!have || !shown)
                return error_set_oom(error);
        if (!have[0])
                return error_set(error, ERROR_NO_MATCHING_UNIT_FILES, ENOENT,
                                 "Image '%s' has no unit files at all", base->image->path);
        if (strlen(have) > 512)
                strcpy(have + 509, "...");
        return error_set(error, ERROR_NO_MATCHING_UNIT_FILES, ENOENT,
                         "No unit file in image '%s' matches prefix '%s' (there are: %s)", base->image->path,
                         shown, have);
}

static int layer_unit_compare(const void *a, const void *b)
{
        const struct layer_unit *x = a, *y = b;
        int r = strcmp(x->file->name, y->file->name);

        if (r != 0)
                return r;
        return x->layer > y->layer ? -1 : x->layer < y->layer;
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
