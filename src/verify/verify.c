/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "dissect/dissect.h"
#include "dissect/loop.h"
#include "operation/fit.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "operation/warn.h"
#include "plan/change.h"
#include "plan/kind.h"
#include "verify/checks.h"
#include "verify/foretell.h"
#include "wire/names.h"

void verification_clear(struct verification *v)
{
        free(v->path);
        strv_free(v->prefixes);
        strv_free(v->units);
        free(v->policy);
        stack_clear(&v->layers);
        findings_clear(&v->findings);
        *v = (struct verification){};
}

/* An error of the image becomes a finding and is gone; one of our own stays. Returns 0 or the negative
 * errno. */
static int take_error(struct findings *f, const char *prefix, struct error *e, struct error *error)
{
        int r = -e->errnum;

        if (e->kind == ERROR_NO_MEMORY || (e->kind == ERROR_SYSTEM && (r == -EACCES || r == -EPERM))) {
                error_move(error, e);
                return r;
        }
        r = findings_add(f, FOUND_REFUSED, NULL, "%s%s", prefix, error_message(e));
        error_clear(e);
        return r < 0 ? error_set_oom(error) : 0;
}

/* Each layer by itself, so that all that can't be opened are told. l has only those that can. */
static int open_layers(struct operation *o, const struct operation_request *request, struct layers *l,
                       struct findings *f, struct error *error)
{
        /* Every unit, to tell what there is when the prefix matches none. */
        struct operation_request all = *request;
        size_t n = 1 + strv_length(request->extensions);

        all.matches = NULL;
        l->items = calloc(n, sizeof(*l->items));
        if (!l->items)
                return error_set_oom(error);
        for (size_t i = 0; i < n; i++) {
                _cleanup_error_ struct error e = {};
                int r = layer_open(o, &all, i ? request->extensions[i - 1] : request->image, i > 0,
                                   l->items + l->n, &e);

                if (r >= 0) {
                        l->n++;
                        continue;
                }
                r = take_error(f, i ? "Extension: " : "", &e, error);
                if (r < 0 || i == 0)
                        return r;
        }
        return 0;
}

/* ID=, scope, and each extension against the base. */
static int check_release(const struct operation *o, const struct operation_request *request,
                         const struct layers *l, struct findings *f, struct error *error)
{
        const struct layers base = {.items = l->items, .n = 1};
        const char *id = metadata_field(l->items->metadata, "ID");
        _cleanup_error_ struct error e = {};
        int r = 0;

        if (layers_check(o, &base, &e) < 0)
                r = take_error(f, "", &e, error);
        for (size_t i = 1; i < l->n && r >= 0; i++) {
                if (!id || (request->flags & PORTABLE_FORCE_EXTENSION))
                        break;
                if (extension_check_fit(l->items, l->items + i, &e) < 0)
                        r = take_error(f, "", &e, error);
        }
        return r;
}

static int collect(struct prepared *p, struct error *error)
{
        free(p->units);
        p->units = NULL;
        return layers_collect_units(&p->layers, p->prefixes, &p->units, &p->n_units) < 0
                       ? error_set_oom(error)
                       : 0;
}

/* Nothing has the prefix that follows from the image's name: those that the image itself names are meant. */
static int try_own_prefixes(struct prepared *p, struct findings *f, struct error *error)
{
        _cleanup_strv_ char **own = NULL;
        int r;

        r = layers_get_prefixes(&p->layers, NULL, &own, error);
        if (r < 0 || strv_length(own) == 0)
                return r;
        strv_free(p->prefixes);
        p->prefixes = steal_pointer(own);
        r = collect(p, error);
        if (r < 0 || p->n_units == 0)
                return r;
        if (findings_add(f, FOUND_PREFIX, NULL,
                         "The name of the image is not a prefix of its units: it can be attached only with "
                         "prefixes given after it (those of PORTABLE_PREFIXES= are checked here)") < 0)
                return error_set_oom(error);
        return 0;
}

/* What is named by an alias is looked at, as well. */
static int add_aliased(char *const *matches, struct prepared *p, struct findings *f, struct error *error)
{
        _cleanup_strv_ char **notes = NULL;

        if (layers_add_aliased(&p->layers, matches, &p->prefixes, &notes) < 0)
                return error_set_oom(error);
        for (char **line = notes; line && *line; line++)
                if (findings_add(f, FOUND_ALIAS, NULL, "%s", *line) < 0)
                        return error_set_oom(error);
        return 0;
}

static int choose_units(const struct verify_options *options, struct prepared *p, struct findings *f,
                        struct error *error)
{
        char *const *matches = options->request->matches;
        _cleanup_error_ struct error e = {};
        int r;

        r = layers_get_prefixes(&p->layers, matches, &p->prefixes, &e);
        if (r < 0 && !options->default_prefix)
                r = take_error(f, "", &e, error);
        else if (r < 0)
                r = 0;
        if (r < 0)
                return r;
        if (!p->prefixes && strv_copy(matches, &p->prefixes) < 0)
                return error_set_oom(error);
        r = add_aliased(matches, p, f, error);
        if (r >= 0)
                r = collect(p, error);
        if (r >= 0 && p->n_units == 0 && options->default_prefix)
                r = try_own_prefixes(p, f, error);
        if (r < 0 || p->n_units > 0)
                return r;
        error_clear(&e);
        layers_error_no_match(&p->layers, p->prefixes, &e);
        return take_error(f, "", &e, error);
}

static int take_lines(struct findings *f, enum finding_id id, char *const *lines)
{
        for (; lines && *lines; lines++)
                if (findings_add(f, id, NULL, "%s", *lines) < 0)
                        return -ENOMEM;
        return 0;
}

static int check_layers(const struct operation *o, const struct prepared *p, struct findings *f,
                        struct error *error)
{
        _cleanup_strv_ char **refused = NULL, **weak = NULL;

        if (warn_for_manager(p, o->manager_version, &refused, &weak, error) < 0)
                return -ENOMEM;
        if (take_lines(f, FOUND_MANAGER, refused) < 0 || take_lines(f, FOUND_PROTECTION, weak) < 0)
                return error_set_oom(error);
        return 0;
}

/* What attach only warns of, since it may be meant so. */
static int check_warnings(const struct prepared *p, struct findings *f, struct error *error)
{
        _cleanup_strv_ char **layered = NULL, **reach = NULL;

        if (warn_layered_units(p, &layered, error) < 0 || warn_reach(p, &reach, error) < 0)
                return -ENOMEM;
        return take_lines(f, FOUND_LAYERED, layered) < 0 || take_lines(f, FOUND_REACH, reach) < 0
                       ? error_set_oom(error)
                       : 0;
}

/* Attach's own plan: paths that can't be written to a unit file, extensions that this manager can't use. */
static int check_plan(struct operation *o, const struct operation_request *request, struct prepared *p,
                      struct findings *f, struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_changes_ struct change_list changes = {};
        _cleanup_error_ struct error e = {};
        int r;

        r = attached_index_read(o->root_fd, o->layout, &index, &e);
        if (r >= 0)
                r = prepare_plan(o, request, &(struct unit_selection){.index = &index}, p, &changes, &e);
        return r < 0 ? take_error(f, "", &e, error) : 0;
}

static int fill_result(struct operation *o, const struct prepared *p, struct verification *v,
                       struct error *error)
{
        const struct layer *base = p->layers.items;
        _cleanup_error_ struct error e = {};

        v->path = strdup(base->image->path);
        if (!v->path || strv_copy(p->prefixes, &v->prefixes) < 0)
                return error_set_oom(error);
        for (size_t i = 0; i < p->n_units; i++)
                if (strv_append(&v->units, p->units[i].file->name) < 0)
                        return error_set_oom(error);
        return dissected_pin(base->dissected, o->manager_version, &v->policy, &e) < 0
                       ? take_error(&v->findings, "", &e, error)
                       : 0;
}

static int check_profile(struct operation *o, const struct operation_request *request, struct prepared *p,
                         struct findings *f, struct error *error)
{
        _cleanup_error_ struct error e = {};

        return profile_read(o->root_fd, o->layout, request->profile, &p->profile, &e) < 0
                       ? take_error(f, "", &e, error)
                       : 0;
}

/* We may make the nodes that we need ourselves, and so do not miss them. */
static int check_loops(const struct prepared *p, struct findings *f, struct error *error)
{
        _cleanup_error_ struct error e = {};

        for (size_t i = 0; i < p->layers.n; i++) {
                const struct image *image = p->layers.items[i].image;

                if (!image_kind(image->type)->tree) /* what holds for one holds for all */
                        return loop_check_nodes(image->path, &e) < 0 ? take_error(f, "", &e, error) : 0;
        }
        return 0;
}

static int verify_all(struct operation *o, const struct verify_options *options, struct prepared *p,
                      struct verification *v, struct error *error)
{
        const struct operation_request *request = options->request;
        struct findings *f = &v->findings;
        int r;

        r = check_profile(o, request, p, f, error);
        if (r >= 0)
                r = look_at_stack(o, request->image, &v->layers, f, error);
        if (r >= 0)
                r = open_layers(o, request, &p->layers, f, error);
        if (r < 0 || p->layers.n == 0)
                return r;
        r = check_stacks(p, f, error);
        if (r >= 0)
                r = check_layers(o, p, f, error);
        if (r >= 0 && options->here)
                r = check_loops(p, f, error);
        if (r >= 0)
                r = check_release(o, request, &p->layers, f, error);
        if (r >= 0)
                r = choose_units(options, p, f, error);
        if (r >= 0)
                r = check_units(o, request, p, options->known, f, error);
        if (r >= 0)
                r = check_warnings(p, f, error);
        if (r >= 0)
                r = foretell_units(o, p, true, f, error);
        if (r >= 0)
                r = check_other_profiles(o, request, p, f, error);
        if (r >= 0)
                r = check_carried(o, p, f, error);
        if (r >= 0)
                r = fill_result(o, p, v, error);
        return r < 0 ? r : check_plan(o, request, p, f, error);
}

int verify_image(struct operation *o, const struct verify_options *options, struct verification *ret,
                 struct error *error)
{
        _cleanup_verification_ struct verification v = {};
        _cleanup_prepared_ struct prepared p = {};
        _cleanup_error_ struct error e = {};
        int r;

        r = operation_request_check(options->request, PORTABLE_FLAGS_ALL, &e);
        if (r < 0)
                r = take_error(&v.findings, "", &e, error);
        else
                r = verify_all(o, options, &p, &v, error);
        if (r < 0)
                return r;
        *ret = v;
        v = (struct verification){};
        return 0;
}
