/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/confine.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "unitfile/bounds.h"
#include "unitfile/merged.h"
#include "unitfile/reach.h"
#include "wire/names.h"

static struct unit_source profile_text(const struct profile *profile, const char *suffix)
{
        for (size_t i = 0; i < profile->n; i++)
                if (strcmp(profile->parts[i].suffix, suffix) == 0)
                        return (struct unit_source){profile->parts[i].content, profile->parts[i].size};
        return (struct unit_source){"", 0};
}

int profile_confines(const struct profile *profile)
{
        static const char *const keys[] = {"User", "CapabilityBoundingSet", "SystemCallFilter"};
        const struct unit_source source = profile_text(profile, "service");
        _cleanup_unit_merged_ struct unit_merged m = {};

        if (unit_merged_read(&source, 1, &m) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (unit_merged_get(&m, "Service", keys[i]))
                        return 1;
        return unit_merged_is_true(&m, "Service", "DynamicUser", false);
}

static int profile_is_dynamic(const struct profile *profile, bool *ret)
{
        const struct unit_source source = profile_text(profile, "service");
        _cleanup_unit_merged_ struct unit_merged m = {};

        if (unit_merged_read(&source, 1, &m) < 0)
                return -ENOMEM;
        *ret = unit_merged_is_true(&m, "Service", "DynamicUser", false);
        return 0;
}

/* What counts is the unit as the service manager will read it, so it is judged again behind its resets. */
static int confine_unit(struct prepared *p, const struct unit_file *file, const struct unit_bounds *bounds,
                        char ***reasons)
{
        _cleanup_free_ char *resets = NULL, *more = NULL, *joined = NULL;
        _cleanup_strv_ char **first = NULL, **left = NULL;
        _cleanup_unit_merged_ struct unit_merged m = {}, again = {};
        struct unit_source sources[3] = {{file->content, file->size},
                                         profile_text(&p->profile, strrchr(file->name, '.') + 1)};

        if (unit_merged_read(sources, 2, &m) < 0 || unit_confine(&m, bounds, &first, &resets) < 0)
                return -ENOMEM;
        sources[2] = (struct unit_source){resets, strlen(resets)};
        if (unit_merged_read(sources, 3, &again) < 0 || unit_confine(&again, bounds, &left, &more) < 0)
                return -ENOMEM;
        if (left[0]) {
                joined = strv_join(left, ", ");
                if (!joined || strv_appendf(reasons, "unit '%s' %s", file->name, joined) < 0)
                        return -ENOMEM;
        }
        return strv_consume(&p->resets, steal_pointer(resets));
}

static int error_steps_out(const struct prepared *p, char **reasons, struct error *error)
{
        _cleanup_free_ char *joined = strv_join(reasons, "; ");

        if (!joined)
                return error_set_oom(error);
        return error_set(error, ERROR_INVALID_ARGS, EPERM,
                         "Image '%s' steps out of profile '%s', refusing since it is to be confined: %s",
                         p->layers.items->image->path, p->profile.name, joined);
}

static int confine_units(struct prepared *p, const struct unit_bounds *bounds, struct error *error)
{
        _cleanup_strv_ char **reasons = NULL;

        for (size_t i = 0; i < p->n_units; i++)
                if (confine_unit(p, p->units[i].file, bounds, &reasons) < 0)
                        return error_set_oom(error);
        return reasons ? error_steps_out(p, reasons, error) : 0;
}

/* What could change later, or is not confined by anything. */
static int check_ways(const struct operation_request *request, const struct prepared *p, struct error *error)
{
        int r = profile_confines(&p->profile);

        if (r < 0)
                return error_set_oom(error);
        if (r == 0)
                return error_set(
                        error, ERROR_INVALID_ARGS, EPERM,
                        "Profile '%s' confines nothing, refusing since image '%s' is to be confined",
                        p->profile.name, p->layers.items->image->path);
        if (request->copy_mode && strcmp(request->copy_mode, "symlink") == 0)
                return error_set(
                        error, ERROR_INVALID_ARGS, EPERM,
                        "Image '%s' is to be confined and could change unit files that are links to it, "
                        "refusing (use another --copy=)",
                        p->layers.items->image->path);
        return 0;
}

static int enforce(const struct operation_request *request, struct prepared *p, char *const *allow,
                   struct error *error)
{
        struct unit_bounds bounds = {.allow = allow};
        _cleanup_free_ char *prefix = NULL;
        _cleanup_strv_ char **units = NULL;
        int r = check_ways(request, p, error);

        if (r < 0)
                return r;
        r = prefix_from_image_name(p->layers.items->image->name, &prefix);
        if (r == -ENOMEM || profile_is_dynamic(&p->profile, &bounds.dynamic) < 0)
                return error_set_oom(error);
        for (size_t i = 0; i < p->n_units; i++)
                if (strv_append(&units, p->units[i].file->name) < 0)
                        return error_set_oom(error);
        bounds.prefix = prefix ?: "";
        bounds.units = units;
        return confine_units(p, &bounds, error);
}

int confine_prepared(struct operation *o, const struct operation_request *request, struct prepared *p,
                     struct error *error)
{
        _cleanup_confine_config_ struct confine_config config = {};
        int r = confine_config_read(o->root_fd, o->layout, p->profile.name, p->layers.items->image->name,
                                    &config, error);

        if (r < 0)
                return r;
        p->confine = request->flags & PORTABLED_CONFINE ? CONFINE_ENFORCE : config.mode;
        return p->confine == CONFINE_ENFORCE ? enforce(request, p, config.allow, error) : 0;
}
