/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "definition/range.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "image/version.h"

void version_range_clear(struct version_range *r)
{
        strv_free(r->bounds);
        free(r->pattern);
        *r = (struct version_range){};
}

static bool is_bound(const char *word)
{
        return strchr("<>=", word[0]) != NULL;
}

/* Takes the operator off: its length, as which signs of a comparison it is true. */
static const char *read_operator(const char *bound, bool *less, bool *equal, bool *greater)
{
        *less = bound[0] == '<';
        *greater = bound[0] == '>';
        *equal = bound[0] == '=' || bound[1] == '=';
        return bound + 1 + (bound[0] != '=' && bound[1] == '=');
}

static int check_bound(const char *word, struct error *error)
{
        bool less, equal, greater;
        const char *version = read_operator(word, &less, &equal, &greater);

        if (version_is_valid(version, strlen(version)))
                return 0;
        return error_set(error, ERROR_INVALID_ARGS, EINVAL, "'%s' has no version behind the operator", word);
}

int version_range_parse(const char *s, struct version_range *ret, struct error *error)
{
        _cleanup_strv_ char **words = NULL;
        bool bounds;
        int r = 0;

        if (strv_split(s, " \t", &words) < 0)
                return error_set_oom(error);
        *ret = (struct version_range){};
        if (strv_length(words) == 0)
                return 0;
        bounds = is_bound(words[0]);
        if (!bounds && words[1])
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "'%s' is neither bounds such as '>=1.2 <2' nor one pattern", s);
        for (char **word = words; bounds && *word && r >= 0; word++)
                r = is_bound(*word) ? check_bound(*word, error)
                                    : error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                                "'%s' has no operator (there are <, <=, =, >=, >)", *word);
        if (r < 0)
                return r;
        if (bounds)
                ret->bounds = steal_pointer(words);
        else
                ret->pattern = strdup(words[0]);
        return ret->bounds || ret->pattern ? 0 : error_set_oom(error);
}

bool version_range_is_open(const struct version_range *r)
{
        return !r->bounds && !r->pattern;
}

static bool bound_has(const char *bound, const char *version)
{
        bool less, equal, greater;
        const char *limit = read_operator(bound, &less, &equal, &greater);
        int c = version_compare(version, strlen(version), limit, strlen(limit));

        return c < 0 ? less : c > 0 ? greater : equal;
}

bool version_range_has(const struct version_range *r, const char *version)
{
        if (r->pattern)
                return fnmatch(r->pattern, version, 0) == 0;
        for (char **bound = r->bounds; bound && *bound; bound++)
                if (!bound_has(*bound, version))
                        return false;
        return true;
}
