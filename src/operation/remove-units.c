/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/remove-units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attached/files.h"
#include "attached/links.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "operation/check.h"
#include "operation/links.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "plan/detach.h"

struct unit_removal {
        struct plan_attached_unit *units;
        size_t n_units;
        struct attached_links enabling; /* what the next points into */
        struct plan_enablement *enablement;
        size_t n_enablement, n_entries[LAYOUT_ATTACH_MAX +
                                       1]; /* of the latter, by attach directory; the last: elsewhere */
        struct plan_link_removal *links;
        size_t n_links;
        const char *emptied[LAYOUT_ATTACH_MAX + 1];
};

static void unit_removal_clear(struct unit_removal *r)
{
        free(r->units);
        free(r->enablement);
        attached_links_clear(&r->enabling);
        link_removals_free(r->links, r->n_links);
}

static bool successor_has(const struct prepared *successor, const struct attached_unit *unit)
{
        if (!successor || strcmp(successor->directory, unit->directory) != 0)
                return false;
        for (size_t i = 0; i < successor->n_units; i++)
                if (strcmp(successor->units[i].file->name, unit->name) == 0)
                        return true;
        return false;
}

static bool successor_links(const struct prepared *successor, const char *path)
{
        for (size_t i = 0; successor && i < successor->layers.n; i++) {
                const char *base = strrchr(successor->layers.items[i].image->path, '/');

                if (strcmp(strrchr(path, '/'), base) == 0)
                        return true;
        }
        return false;
}

static int collect_units(struct operation *o, const struct unit_selection *gone,
                         const struct prepared *successor, struct unit_removal *removal, struct error *error)
{
        removal->units = calloc(gone->n + 1, sizeof(*removal->units));
        if (!removal->units)
                return error_set_oom(error);
        for (size_t i = 0; i < gone->n; i++) {
                const struct attached_unit *u = unit_selection_at(gone, i);
                _cleanup_attached_files_ struct attached_files files = {};
                int r;

                if (successor_has(successor, u))
                        continue;
                r = attached_unit_read_files(o->root_fd, u, &files, error);
                if (r < 0)
                        return r;
                removal->units[removal->n_units++] = (struct plan_attached_unit){
                        .name = u->name,
                        .directory = u->directory,
                        .unit = u->unit,
                        .profile = files.profile,
                        .foreign = files.foreign,
                };
        }
        return 0;
}

static int collect_links(struct operation *o, const struct unit_selection *gone,
                         const struct prepared *successor, struct unit_removal *removal, struct error *error)
{
        size_t kept = 0;
        int r = links_find_removals(o, gone, &removal->links, &removal->n_links, error);

        if (r < 0)
                return r;
        for (size_t i = 0; i < removal->n_links; i++) {
                if (successor_links(successor, removal->links[i].path))
                        free((char *)removal->links[i].path);
                else
                        removal->links[kept++] = removal->links[i];
        }
        removal->n_links = kept;
        return 0;
}

static bool link_is_removed(const struct unit_removal *removal, const struct attached_link *link)
{
        for (size_t i = 0; i < removal->n_units; i++)
                if (attached_link_is_of(link, removal->units[i].directory, removal->units[i].name))
                        return true;
        return false;
}

static void add_enablement(struct unit_removal *removal, const char *path, bool directory)
{
        removal->enablement[removal->n_enablement++] =
                (struct plan_enablement){.path = path, .directory = directory};
}

/* The links that enable the units would enable any later one of the name, unasked. */
static int collect_enablement(struct operation *o, struct unit_removal *removal, struct error *error)
{
        struct attached_links *l = &removal->enabling;
        int r = attached_links_read(o->root_fd, o->layout, l, error);

        if (r < 0)
                return r;
        removal->enablement = calloc(l->n + l->n_parents + 1, sizeof(*removal->enablement));
        if (!removal->enablement)
                return error_set_oom(error);
        for (size_t i = 0; i < l->n; i++) {
                if (!link_is_removed(removal, l->items + i))
                        continue;
                add_enablement(removal, l->items[i].path, false);
                if (!l->items[i].parent)
                        removal->n_entries[layout_attach_find(o->layout, l->items[i].path)]++;
        }
        for (size_t p = 0; p < l->n_parents; p++) {
                size_t left = l->parents[p].n_entries;

                for (size_t i = 0; i < l->n; i++)
                        if (l->items[i].parent && strcmp(l->items[i].parent, l->parents[p].path) == 0 &&
                            link_is_removed(removal, l->items + i))
                                left--;
                if (left > 0 || l->parents[p].n_entries == 0)
                        continue;
                add_enablement(removal, l->parents[p].path, true);
                removal->n_entries[layout_attach_find(o->layout, l->parents[p].path)]++;
        }
        return 0;
}

/* Attach directories that hold nothing but what is removed. */
static void collect_emptied(struct operation *o, const struct attached_index *index,
                            struct unit_removal *removal)
{
        size_t n = 0;

        for (size_t d = 0; d < LAYOUT_ATTACH_MAX; d++) {
                size_t entries = removal->n_entries[d];

                for (size_t i = 0; i < removal->n_units; i++)
                        if (removal->units[i].directory == o->layout->attach[d].path)
                                entries += removal->units[i].unit + !removal->units[i].foreign;
                if (entries > 0 && entries == index->n_entries[d] && !o->layout->attach[d].shared &&
                    operation_can_remove(o, o->layout->attach[d].path))
                        removal->emptied[n++] = o->layout->attach[d].path;
        }
}

int remove_units_plan(struct operation *o, const struct unit_selection *gone,
                      const struct prepared *successor, bool brief, struct change_list *ret,
                      struct error *error)
{
        _cleanup_(unit_removal_clear) struct unit_removal removal = {};
        struct plan_detach input = {.brief = brief};
        int r;

        r = collect_units(o, gone, successor, &removal, error);
        if (r >= 0)
                r = collect_enablement(o, &removal, error);
        if (r >= 0)
                r = collect_links(o, gone, successor, &removal, error);
        if (r < 0)
                return r;
        if (!successor)
                collect_emptied(o, gone->index, &removal);
        input.units = removal.units;
        input.n_units = removal.n_units;
        input.enablement = removal.enablement;
        input.n_enablement = removal.n_enablement;
        input.links = removal.links;
        input.n_links = removal.n_links;
        input.emptied_directories = removal.emptied;
        return plan_detach(&input, ret, error);
}
