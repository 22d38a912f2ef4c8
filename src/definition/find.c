/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "definition/find.h"

#include <string.h>

#include "attached/index.h"
#include "attached/names.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "definition/definition.h"

static bool is_version_of_image(const struct attached_unit *u, const struct definition *d)
{
        return d->image && attached_names_share_stem(u->names[0], path_base(d->image));
}

enum definition_owner definition_find_attached(const struct attached_index *index,
                                               const struct definition *d, const struct attached_unit **ret)
{
        const struct attached_unit *unmarked = NULL;

        for (size_t i = 0; i < index->n_units; i++) {
                const struct attached_unit *u = index->units + i;

                if (u->definition && strcmp(u->definition, d->name) == 0) {
                        *ret = u;
                        return OWNER_OWN;
                }
                if (!u->definition && !unmarked && is_version_of_image(u, d))
                        unmarked = u;
        }
        *ret = unmarked;
        return unmarked ? OWNER_UNMARKED : OWNER_NOBODY;
}

bool definition_is_orphan(const struct definition_list *l, const struct attached_unit *unit)
{
        if (!unit->definition)
                return false;
        for (size_t i = 0; i < l->n; i++)
                if (strcmp(l->items[i].name, unit->definition) == 0)
                        return l->items[i].masked;
        return true;
}
