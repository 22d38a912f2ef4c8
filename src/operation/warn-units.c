/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "operation/confine.h"
#include "operation/prepare.h"
#include "operation/warn.h"
#include "unitfile/merged.h"
#include "unitfile/reach.h"

/* Told of one unit; there is a limit to what fits in a line. */
#define PHRASES_MAX 6U

static bool layer_has_unit(const struct layer *l, const char *name)
{
        for (size_t i = 0; i < l->metadata->n_units; i++)
                if (strcmp(l->metadata->units[i].name, name) == 0)
                        return true;
        return false;
}

int warn_layered_units(const struct prepared *p, char ***warnings, struct error *error)
{
        for (size_t i = 0; i < p->n_units; i++)
                for (size_t k = p->units[i].layer + 1; k < p->layers.n; k++) {
                        const char *name = p->units[i].file->name;
                        size_t taken = p->units[i].layer;

                        if (!layer_has_unit(p->layers.items + k, name))
                                continue;
                        if (strv_appendf(warnings,
                                         "Unit '%s' is in extension '%s', too: that of %s '%s' is taken",
                                         name, p->layers.items[k].image->name, taken ? "extension" : "image",
                                         p->layers.items[taken].image->name) < 0)
                                return error_set_oom(error);
                }
        return 0;
}

/* "a, b and 3 more"; NULL if out of memory. */
static char *list_phrases(char **phrases)
{
        size_t n = strv_length(phrases);
        _cleanup_strv_ char **first = NULL;
        _cleanup_free_ char *joined = NULL;
        char *line;

        for (size_t i = 0; i < n && i < PHRASES_MAX; i++)
                if (strv_append(&first, phrases[i]) < 0)
                        return NULL;
        joined = strv_join(first, ", ");
        if (!joined || n <= PHRASES_MAX)
                return steal_pointer(joined);
        return asprintf(&line, "%s and %zu more", joined, n - PHRASES_MAX) < 0 ? NULL : line;
}

static int add_reach(const struct prepared *p, const struct unit_file *file, char ***warnings)
{
        _cleanup_unit_merged_ struct unit_merged m = {};
        _cleanup_strv_ char **phrases = NULL;
        _cleanup_free_ char *list = NULL;
        char *line;

        if (prepared_merge_unit(p, file, &m) < 0 || unit_reach(&m, &phrases) < 0)
                return -ENOMEM;
        if (!*phrases)
                return 0;
        list = list_phrases(phrases);
        if (!list ||
            asprintf(&line, "Unit '%s' %s, in spite of profile '%s'", file->name, list, p->profile.name) < 0)
                line = NULL;
        return strv_consume(warnings, line);
}

/* What the service will be without. */
static int warn_resets(const struct prepared *p, char ***warnings)
{
        for (size_t i = 0; i < p->n_units; i++) {
                _cleanup_strv_ char **lines = NULL, **taken = NULL;
                _cleanup_free_ char *list = NULL;

                if (strv_split(p->resets[i], "\n", &lines) < 0)
                        return -ENOMEM;
                for (char **line = lines; line && *line; line++) {
                        char *equal = strchr(*line, '=');

                        if (!equal)
                                continue;
                        equal[1] = '\0';
                        if (strv_append(&taken, *line) < 0)
                                return -ENOMEM;
                }
                if (!taken)
                        continue;
                list = strv_join(taken, ", ");
                if (!list ||
                    strv_appendf(warnings, "Unit '%s' is confined to profile '%s': its %s does not count",
                                 p->units[i].file->name, p->profile.name, list) < 0)
                        return -ENOMEM;
        }
        return 0;
}

int warn_reach(const struct prepared *p, char ***warnings, struct error *error)
{
        int r;

        if (p->confine == CONFINE_NO)
                return 0;
        if (p->confine == CONFINE_ENFORCE)
                return warn_resets(p, warnings) < 0 ? error_set_oom(error) : 0;
        r = profile_confines(&p->profile);
        for (size_t i = 0; i < p->n_units && r > 0; i++)
                if (add_reach(p, p->units[i].file, warnings) < 0)
                        r = -ENOMEM;
        return r < 0 ? error_set_oom(error) : 0;
}
