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

/* Units that the old image had not must be free, as for a first attach. */
static int check_new_units_free(struct operation *o, const struct prepared *p,
                                const struct unit_selection *found, struct error *error)
{
        const char *directory = operation_attach_directory(o, unit_selection_at(found, 0)->runtime);
        _cleanup_name_set_ struct name_set *own = NULL;

        if (operation_get_own_names(p, found, &own) < 0)
                return error_set_oom(error);
        for (size_t i = 0; i < p->n_units; i++) {
                const char *name = p->units[i].file->name;
                int r;

                if (unit_selection_has_name(found, NULL, name))
                        continue;
                r = operation_check_unit_absent(o, name, found->index, error);
                if (r >= 0)
                        r = operation_check_kin(o, name, own, directory, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

int reattach_plan(struct operation *o, const struct operation_request *request,
                  const struct attached_index *index, struct prepared *p, struct operation_result *result,
                  struct error *error)
{
        bool runtime = request->flags & PORTABLE_RUNTIME;
        _cleanup_unit_selection_ struct unit_selection found = {};
        int r;

        r = operation_find_attached(o, index, request, runtime, &found, error);
        if (r >= 0)
                r = operation_check_reach(p, error);
        if (r < 0)
                return r;
        result->replaced = strdup(unit_selection_at(&found, 0)->paths[0]);
        if (!result->replaced)
                return error_set_oom(error);
        if (!(request->flags & PORTABLE_FORCE_ATTACH)) {
                r = check_new_units_free(o, p, &found, error);
                if (r < 0)
                        return r;
        }
        r = prepare_plan(o, request, &found, p, &result->updated, error);
        return r < 0 ? r : remove_units_plan(o, &found, p, true, &result->removed, error);
}
