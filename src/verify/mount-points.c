/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "operation/warn.h"
#include "verify/checks.h"
#include "verify/findings.h"

/* The lines that warn of mount points under one profile; the profile of p is not touched. */
static int read_lines(const struct prepared *p, const struct profile *profile, char ***ret,
                      struct error *error)
{
        struct prepared with = *p;

        with.profile = *profile;
        return warn_mount_points(&with, ret, error);
}

/* Another profile than the one chosen: what is missing for it only. */
static int check_other(struct operation *o, const struct prepared *p, const char *name, char *const *told,
                       struct findings *f, struct error *error)
{
        _cleanup_profile_ struct profile profile = {};
        _cleanup_strv_ char **lines = NULL;
        int r;

        if (profile_read(o->root_fd, o->layout, name, &profile, NULL) < 0)
                return 0;
        r = read_lines(p, &profile, &lines, error);
        for (char **l = lines; r >= 0 && l && *l; l++)
                if (!strv_contains(told, *l) &&
                    findings_add(f, FINDING_WARNING, NULL, "With profile '%s': %s", name, *l) < 0)
                        r = error_set_oom(error);
        return r;
}

int check_mount_points(struct operation *o, const struct operation_request *request, struct prepared *p,
                       struct findings *f, struct error *error)
{
        _cleanup_strv_ char **told = NULL, **profiles = NULL;
        int r;

        r = read_lines(p, &p->profile, &told, error);
        for (char **l = told; r >= 0 && l && *l; l++)
                if (findings_add(f, FINDING_ERROR, NULL, "%s", *l) < 0)
                        r = error_set_oom(error);
        if (r >= 0)
                r = profile_list(o->root_fd, o->layout, &profiles, error);
        for (char **name = profiles; r >= 0 && name && *name; name++)
                if (!request->profile || strcmp(request->profile, *name) != 0)
                        r = check_other(o, p, *name, told, f, error);
        return r;
}
