/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/concerned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "attached/names.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "operation/check.h"
#include "operation/view.h"

void concerned_clear(struct concerned *c)
{
        free(c->units);
        free(c->version);
        *c = (struct concerned){};
}

enum nearness {
        SAME,     /* the name itself */
        ANY,      /* or, if the name has no version, any version */
        SAME_STEM /* or another version */
};

static bool name_meets(const char *have, const char *want, enum nearness nearness)
{
        if (strcmp(have, want) == 0)
                return true;
        return (nearness == SAME_STEM || (nearness == ANY && !strchr(want, '_'))) &&
               attached_names_share_stem(have, want);
}

static bool is_layer(const struct attached_unit *u, const char *name, enum nearness nearness)
{
        for (char **have = u->names; *have; have++)
                if (name_meets(*have, name, nearness))
                        return true;
        return false;
}

/* Whether all of the names, or one at least, are layers of the unit. */
static bool unit_meets(const struct attached_unit *u, char *const *names, enum nearness nearness, bool all)
{
        for (char *const *n = names; *n; n++)
                if (is_layer(u, *n, nearness) != all)
                        return !all;
        return all;
}

static int find_layers(const struct attached_index *index, char *const *names, enum nearness nearness,
                       bool all, struct concerned *c)
{
        c->units = calloc(index->n_units + 1, sizeof(size_t));
        if (!c->units)
                return -ENOMEM;
        for (size_t i = 0; i < index->n_units; i++)
                if (unit_meets(index->units + i, names, nearness, all))
                        c->units[c->n++] = i;
        return 0;
}

/* The name by which the first image is attached. */
static int set_version(const struct attached_index *index, char *const *names, struct concerned *c)
{
        const struct attached_unit *u = index->units + c->units[0];
        const char *version = u->names[0];

        for (int nearness = SAME_STEM; nearness >= SAME; nearness--)
                for (char **have = u->names; *have; have++)
                        if (name_meets(*have, names[0], (enum nearness)nearness))
                                version = *have;
        c->version = strdup(version ? version : "");
        return c->version ? 0 : -ENOMEM;
}

/* Steps from near to far. */
static int find_step(const struct attached_index *index, char *const *names, unsigned step,
                     struct concerned *c)
{
        switch (step) {
        case 0:
                c->match = CONCERNED_EXACT;
                return attached_index_find(index, names, ATTACHED_EXACT, &c->units, &c->n);
        case 1:
                c->match = CONCERNED_EXACT;
                return find_layers(index, names, SAME, true, c);
        case 2:
                c->match = CONCERNED_UNVERSIONED;
                return find_layers(index, names, ANY, true, c);
        case 3:
                c->match = CONCERNED_OTHER;
                return attached_index_find(index, names, ATTACHED_PARTIAL, &c->units, &c->n);
        default:
                c->match = CONCERNED_OTHER;
                return find_layers(index, names, step == 4 ? SAME : SAME_STEM, false, c);
        }
}

/* Returns 1 if there is something, 0 if not, or -ENOMEM. */
static int find(const struct attached_index *index, char *const *names, unsigned first, unsigned last,
                struct concerned *ret)
{
        for (unsigned step = first; step <= last; step++) {
                _cleanup_concerned_ struct concerned c = {};

                if (find_step(index, names, step, &c) < 0)
                        return -ENOMEM;
                if (c.n == 0)
                        continue;
                if (set_version(index, names, &c) < 0)
                        return -ENOMEM;
                *ret = c;
                c = (struct concerned){};
                return 1;
        }
        return 0;
}

int concerned_find(struct operation *o, const struct attached_index *index,
                   const struct operation_request *request, struct concerned *ret, struct error *error)
{
        enum { FAR = 3, LAST = 5 };
        _cleanup_strv_ char **names = NULL, **resolved = NULL;
        int r = 0, may = 0;

        if (index->n_units == 0)
                return 0;
        if (operation_get_names(request, &names) < 0)
                return error_set_oom(error);
        r = find(index, names, 0, FAR - 1, ret);
        /* Perhaps a link of another name, or a versioned directory. */
        if (r == 0) {
                may = view_may_resolve(o, request, error);
                if (may < 0)
                        return may;
        }
        if (r == 0 && may)
                r = operation_resolve_names(o, request, &resolved);
        if (r == 0 && may)
                r = find(index, resolved, 0, FAR - 1, ret);
        if (r == 0)
                r = find(index, names, FAR, LAST, ret);
        if (r == 0 && may)
                r = find(index, resolved, FAR, LAST, ret);
        return r < 0 ? error_set_oom(error) : 0;
}
