/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/detach.h"

#include <stdio.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"

static struct change *add_unlink(struct change_list *l, const char *directory, const char *name,
                                 const char *suffix)
{
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/%s%s", directory, name, suffix) < 0) {
                path = NULL;
                return NULL;
        }
        return change_list_add(l, CHANGE_UNLINK, path, NULL);
}

static int add_unit(struct change_list *l, const struct plan_attached_unit *unit, bool brief)
{
        struct change *c;

        if (unit->unit && !add_unlink(l, unit->directory, unit->name, ""))
                return -1;
        if (unit->profile) {
                c = add_unlink(l, unit->directory, unit->name, ".d/10-profile.conf");
                if (!c)
                        return -1;
                c->silent = brief;
                c->confines = true;
        }
        c = add_unlink(l, unit->directory, unit->name, ".d/20-portable.conf");
        if (!c)
                return -1;
        c->silent = brief;
        c->confines = true;

        if (unit->foreign)
                return 0;
        c = add_unlink(l, unit->directory, unit->name, ".d");
        if (!c)
                return -1;
        c->directory = true;
        c->if_empty = true;
        c->confines = true;
        return 0;
}

int plan_detach(const struct plan_detach *input, struct change_list *ret, struct error *error)
{
        _cleanup_changes_ struct change_list l = {};
        struct change *c;

        for (size_t i = 0; i < input->n_enablement; i++) {
                c = change_list_add(&l, CHANGE_UNLINK, input->enablement[i].path, NULL);
                if (!c)
                        return error_set_oom(error);
                c->directory = c->if_empty = input->enablement[i].directory;
        }
        for (size_t i = 0; i < input->n_units; i++)
                if (add_unit(&l, input->units + i, input->brief) < 0)
                        return error_set_oom(error);
        for (size_t i = 0; i < input->n_links; i++) {
                c = change_list_add(&l, CHANGE_UNLINK, input->links[i].path, NULL);
                if (!c)
                        return error_set_oom(error);
                c->directory = c->tree = input->links[i].tree;
        }
        for (const char *const *d = input->emptied_directories; d && *d; d++) {
                c = change_list_add(&l, CHANGE_UNLINK, *d, NULL);
                if (!c)
                        return error_set_oom(error);
                c->directory = true;
                c->if_empty = true;
                c->confines = true;
        }
        *ret = l;
        l = (struct change_list){};
        return 0;
}
