/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/operation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "manager/list.h"
#include "operation/check.h"
#include "operation/names.h"
#include "operation/prepare.h"
#include "operation/remove-units.h"
#include "operation/verb.h"
#include "wire/names.h"

/* None of the units may be there or running already, or have relatives on the host, unless forced. */
static int check_units_free(struct operation *o, const struct prepared *p,
                            const struct attached_index *index, bool runtime, struct error *error)
{
        _cleanup_free_ const char **names = calloc(p->n_units, sizeof(*names));
        const char *directory = operation_attach_directory(o, runtime);
        _cleanup_name_set_ struct name_set *own = NULL;
        int r;

        if (!names || operation_get_own_names(p, &(struct unit_selection){.index = index}, &own) < 0)
                return error_set_oom(error);
        for (size_t i = 0; i < p->n_units; i++)
                names[i] = p->units[i].file->name;
        r = operation_check_units_absent(o, names, p->n_units, index, error);
        for (size_t i = 0; i < p->n_units && r >= 0; i++)
                r = operation_check_kin(o, names[i], own, directory, error);
        /* As of a moment ago. What has started since was not a unit of an image: its file would have been
         * found. */
        if (r >= 0)
                r = operation_ask_all(o, error);
        for (size_t i = 0; i < p->n_units && r >= 0; i++)
                if (o->active && name_set_contains(o->active, names[i]))
                        r = operation_error_active(o, o->active, names[i], " already, refusing", "", error);
        return r;
}

/* Forced: units of the same names in the attach directories are taken over, whatever image they are of. */
static int find_replaced(const struct attached_index *index, const struct prepared *p, bool runtime,
                         struct unit_selection *ret)
{
        size_t *found = calloc(index->n_units + 1, sizeof(size_t)), n = 0;

        if (!found)
                return -ENOMEM;
        for (size_t i = 0; i < index->n_units; i++)
                for (size_t k = 0; k < p->n_units; k++)
                        if (index->units[i].runtime == runtime &&
                            strcmp(index->units[i].name, p->units[k].file->name) == 0) {
                                found[n++] = i;
                                break;
                        }
        *ret = (struct unit_selection){index, found, n};
        return 0;
}

/* What is left of images whose units were taken over: links that nothing needs any more. */
static int plan_leftovers(struct operation *o, const struct unit_selection *replaced,
                          const struct prepared *p, struct change_list *l, struct error *error)
{
        _cleanup_changes_ struct change_list gone = {};
        int r = remove_units_plan(o, replaced, p, true, &gone, error);

        if (r < 0)
                return r;
        return change_list_move(l, &gone) < 0 ? error_set_oom(error) : 0;
}

int attach_plan(struct operation *o, const struct operation_request *request,
                const struct attached_index *index, struct prepared *p, struct operation_result *result,
                struct error *error)
{
        _cleanup_unit_selection_ struct unit_selection replaced = {.index = index};
        bool runtime = request->flags & PORTABLE_RUNTIME;
        int r = operation_check_reach(p, error);

        if (r >= 0 && request->flags & PORTABLE_FORCE_ATTACH)
                r = find_replaced(index, p, runtime, &replaced) < 0 ? error_set_oom(error) : 0;
        else if (r >= 0)
                r = check_units_free(o, p, index, runtime, error);
        if (r < 0)
                return r;
        r = prepare_plan(o, request, &replaced, p, &result->updated, error);
        if (r < 0 || replaced.n == 0)
                return r;
        return plan_leftovers(o, &replaced, p, &result->updated, error);
}
