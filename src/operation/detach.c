/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/operation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "manager/list.h"
#include "operation/check.h"
#include "operation/remove-units.h"
#include "operation/verb.h"
#include "wire/names.h"

static int check_units_stopped(struct operation *o, const struct unit_selection *found, struct error *error)
{
        _cleanup_name_set_ struct name_set *active = NULL;
        _cleanup_strv_ char **names = NULL;
        int r;

        for (size_t i = 0; i < found->n; i++)
                if (strv_append(&names, unit_selection_at(found, i)->name) < 0)
                        return error_set_oom(error);
        r = operation_get_active(o, names, &active, error);
        if (r < 0)
                return r;
        for (size_t i = 0; active && i < found->n; i++) {
                const char *name = unit_selection_at(found, i)->name;

                if (name_set_contains(active, name))
                        return operation_error_active(o, active, name, ", not detaching",
                                                      o->layout->scope == LAYOUT_USER
                                                              ? ", or use portablectl --user detach --now"
                                                              : ", or use portablectl detach --now",
                                                      error);
        }
        return 0;
}

int detach_plan(struct operation *o, const struct operation_request *request,
                const struct attached_index *index, struct prepared *p, struct operation_result *result,
                struct error *error)
{
        _cleanup_unit_selection_ struct unit_selection found = {};
        int r;

        r = operation_find_attached(o, index, request, request->flags & PORTABLE_RUNTIME, &found, error);
        if (r < 0)
                return r;
        if (operation_set_image_path(o, unit_selection_at(&found, 0)->paths[0]) < 0)
                return error_set_oom(error);
        if (!(request->flags & PORTABLE_FORCE_ATTACH)) {
                r = check_units_stopped(o, &found, error);
                if (r < 0)
                        return r;
        }
        return remove_units_plan(o, &found, NULL, false, &result->removed, error);
}
