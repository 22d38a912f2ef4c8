/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/foretell.h"

#include <errno.h>

#include "basic/error.h"
#include "basic/path.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "verify/checks.h"
#include "verify/findings.h"
#include "verify/view.h"

struct effort {
        size_t *left;
        bool read; /* programs */
};

static int foretell_unit(struct operation *o, const struct prepared *p, const struct unit_file *file,
                         const struct effort *effort, struct findings *f)
{
        _cleanup_unit_merged_ struct unit_merged m = {};
        _cleanup_view_ struct view v = {.o = o, .p = p, .file = file, .unit = &m, .effort = effort->left};
        int r;

        if (prepared_merge_unit(p, file, &m) < 0 || view_init(&v) < 0)
                return -ENOMEM;
        r = check_view_conditions(&v, f);
        if (r < 0 || !string_ends_with(file->name, ".service"))
                return r;
        r = check_view_programs(&v, effort->read, f);
        if (r >= 0)
                r = check_view_mounts(&v, f);
        if (r >= 0)
                r = check_view_paths(&v, f);
        if (r >= 0)
                r = check_view_user(&v, f);
        return r < 0 ? r : check_view_host(&v, f);
}

int foretell_units(struct operation *o, const struct prepared *p, bool read, struct findings *f,
                   struct error *error)
{
        size_t left = VIEW_EFFORT;
        const struct effort effort = {&left, read};

        for (size_t i = 0; i < p->n_units; i++)
                if (foretell_unit(o, p, p->units[i].file, &effort, f) < 0)
                        return error_set_oom(error);
        return 0;
}
