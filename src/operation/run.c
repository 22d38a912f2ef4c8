/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/operation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "image/manage.h"
#include "operation/layers.h"
#include "operation/view.h"
#include "plan/kind.h"
#include "transaction/transaction.h"
#include "wire/names.h"

static int run_get_image(struct operation *o, const struct operation_request *request, struct result *ret,
                         struct error *error)
{
        _cleanup_image_ struct image *image = NULL;
        int r;

        if (request->image[0] == '/')
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Expected an image name, not the path '%s'", request->image);
        r = operation_get_image(o, request->image, &image, error);
        if (r < 0)
                return r;
        ret->object = strdup(image->name);
        ret->images.rows = calloc(1, sizeof(*ret->images.rows));
        if (!ret->object || !ret->images.rows)
                return error_set_oom(error);
        ret->images.n = 1;
        return operation_fill_row(image, ret->images.rows) < 0 ? error_set_oom(error) : 0;
}

static int run_list(struct operation *o, const struct operation_request *request, struct result *ret,
                    struct error *error)
{
        return operation_list(o, &ret->images, error);
}

static int run_names(struct operation *o, const struct operation_request *request, struct result *ret,
                     struct error *error)
{
        _cleanup_image_list_ struct image_list images = {};
        int r = image_list_read(o->root_fd, o->layout, &images, error);

        for (size_t i = 0; i < images.n && r >= 0; i++) {
                r = view_show_image(o, images.items[i], error);
                if (r > 0 && strv_append(&ret->names, images.items[i]->name) < 0)
                        r = error_set_oom(error);
        }
        return r;
}

/* What can't be told is UINT64_MAX. */
static int run_pool(struct operation *o, const struct operation_request *request, struct result *ret,
                    struct error *error)
{
        ret->pool_usage = ret->pool_limit = UINT64_MAX;
        (void)image_pool_get_usage(o->root_fd, o->layout, &ret->pool_usage, &ret->pool_limit);
        return 0;
}

static int run_metadata(struct operation *o, const struct operation_request *request, struct result *ret,
                        struct error *error)
{
        return operation_inspect(o, request, false, &ret->metadata, error);
}

static int run_inspect(struct operation *o, const struct operation_request *request, struct result *ret,
                       struct error *error)
{
        return operation_inspect(o, request, true, &ret->metadata, error);
}

static int run_release(struct operation *o, const struct operation_request *request, struct result *ret,
                       struct error *error)
{
        _cleanup_layers_ struct layers l = {};
        const struct metadata *m;
        int r = operation_metadata(o, request, NULL, &l, error);

        if (r < 0)
                return r;
        m = l.items[0].metadata;
        ret->fields.items = calloc(m->n_fields + 1, sizeof(*ret->fields.items));
        if (!ret->fields.items)
                return error_set_oom(error);
        for (size_t i = 0; i < m->n_fields; i++) {
                struct image_field *f = ret->fields.items + ret->fields.n++;

                f->key = strdup(m->fields[i].key);
                f->value = strdup(m->fields[i].value);
                if (!f->key || !f->value)
                        return error_set_oom(error);
        }
        return 0;
}

static int run_state(struct operation *o, const struct operation_request *request, struct result *ret,
                     struct error *error)
{
        return operation_state(o, request, &ret->state, error);
}

static int run_remove(struct operation *o, const struct operation_request *request, struct result *ret,
                      struct error *error)
{
        return operation_remove(o, request->image, error);
}

static int run_mark_read_only(struct operation *o, const struct operation_request *request,
                              struct result *ret, struct error *error)
{
        return operation_mark_read_only(o, request->image, request->read_only, error);
}

static int run_set_limit(struct operation *o, const struct operation_request *request, struct result *ret,
                         struct error *error)
{
        return operation_set_limit(o, request->image, request->limit, error);
}

static int run_set_pool_limit(struct operation *o, const struct operation_request *request,
                              struct result *ret, struct error *error)
{
        return operation_set_pool_limit(o, request->limit, error);
}

static int run_recover(struct operation *o, const struct operation_request *request, struct result *ret,
                       struct error *error)
{
        _cleanup_close_ int lock = -EBADF;
        int r = transaction_lock(o->root_fd, o->layout, &o->listener, &lock, error);

        return r < 0 ? r : transaction_recover(o->root_fd, o->layout, &o->messages, error);
}

/* Unit names among the changes, each once. */
static int collect_units(const struct change_list *l, char ***units)
{
        for (size_t i = 0; i < l->n; i++) {
                const char *base = path_base(l->items[i].path);

                if (l->items[i].type == CHANGE_MKDIR || !unit_name_is_valid(base) ||
                    strv_contains(*units, base))
                        continue;
                if (strv_append(units, base) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int fill_event(struct image_event *e, enum operation_verb verb,
                      const struct operation_request *request, const struct operation_result *result)
{
        const char *path = result->image_path ?: request->image;

        *e = (struct image_event){
                .verb = strdup(verb_to_string(verb)),
                .name = image_name_from_path(path),
                .path = strdup(path),
                .runtime = request->flags & PORTABLE_RUNTIME,
                .replaced = strdup(result->replaced ?: ""),
        };
        if (!e->verb || !e->name || !e->path || !e->replaced ||
            collect_units(&result->updated, &e->units) < 0)
                return -ENOMEM;
        return collect_units(&result->removed, &e->units);
}

bool operation_is_event(const struct operation_request *one, const struct operation_result *result)
{
        return !one->definition || result->updated.n > 0 || result->removed.n > 0 ||
               error_is_set(&result->error);
}

/* What a signal will tell of those images that were changed. */
static int fill_events(struct result *ret, enum operation_verb verb, const struct operation_request *request)
{
        size_t n = ret->outcomes.n;

        ret->events.items = calloc(n + 1, sizeof(*ret->events.items));
        if (!ret->events.items)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                const struct operation_request one = operation_request_of_image(request, i);
                const struct operation_result *outcome = ret->outcomes.items + i;

                if (error_is_set(&outcome->error) || !operation_is_event(&one, outcome))
                        continue;
                if (fill_event(&ret->events.items[ret->events.n++], operation_request_verb(&one, verb), &one,
                               outcome) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int change(struct operation *o, enum operation_verb verb, const struct operation_request *request,
                  struct result *ret, struct error *error)
{
        size_t n = operation_request_count(request);
        int r;

        ret->outcomes.items = calloc(n, sizeof(*ret->outcomes.items));
        if (!ret->outcomes.items)
                return error_set_oom(error);
        ret->outcomes.n = n;
        o->strict = request->flags & PORTABLED_STRICT;
        r = operation_change(o, verb, request, ret->outcomes.items, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++) {
                ret->outcomes.items[i].image = strdup(operation_request_of_image(request, i).image);
                if (!ret->outcomes.items[i].image)
                        return error_set_oom(error);
        }
        if (!(request->flags & PORTABLED_DRY_RUN) && fill_events(ret, verb, request) < 0)
                return error_set_oom(error);
        return 0;
}

static int run_attach(struct operation *o, const struct operation_request *request, struct result *ret,
                      struct error *error)
{
        return change(o, OPERATION_ATTACH, request, ret, error);
}

static int run_detach(struct operation *o, const struct operation_request *request, struct result *ret,
                      struct error *error)
{
        return change(o, OPERATION_DETACH, request, ret, error);
}

static int run_reattach(struct operation *o, const struct operation_request *request, struct result *ret,
                        struct error *error)
{
        return change(o, OPERATION_REATTACH, request, ret, error);
}

static int run_change(struct operation *o, const struct operation_request *request, struct result *ret,
                      struct error *error)
{
        if (!request->images || request->n_images == 0)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "No image was named");
        return change(o, (enum operation_verb)verb_from_string(request->change), request, ret, error);
}

static int check_items(const struct operation_request *request, struct error *error)
{
        if (!request->items || request->n_items == 0)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "No definition was named");
        for (size_t i = 0; i < request->n_items; i++) {
                if (verb_from_string(request->items[i].change) < 0)
                        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                         "Unknown operation (there are attach, detach, reattach)");
                if (request->items[i].flags & ~PORTABLE_FLAGS_ALL)
                        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                         "Invalid 'flags' of an item '%llu'",
                                         (unsigned long long)request->items[i].flags);
        }
        return 0;
}

static int run_apply(struct operation *o, const struct operation_request *request, struct result *ret,
                     struct error *error)
{
        int r = check_items(request, error);

        return r < 0 ? r : change(o, OPERATION_APPLY, request, ret, error);
}

/* One row a verb. online: it has questions for the service manager. of_object: an image that is gone can be
 * dealt with by its name, but has no object any more. */
static const struct {
        int (*run)(struct operation *o, const struct operation_request *request, struct result *ret,
                   struct error *error);
        bool online, of_object;
} verbs[OPERATION_VERB_MAX] = {
        [OPERATION_ATTACH] = {run_attach, true, true},
        [OPERATION_DETACH] = {run_detach, true, true},
        [OPERATION_REATTACH] = {run_reattach, true, true},
        [OPERATION_CHANGE] = {run_change, true},
        [OPERATION_APPLY] = {run_apply, true},
        [OPERATION_GET_IMAGE] = {run_get_image},
        [OPERATION_LIST] = {run_list, true},
        [OPERATION_METADATA] = {run_metadata},
        [OPERATION_INSPECT] = {run_inspect, true},
        [OPERATION_RELEASE] = {run_release},
        [OPERATION_STATE] = {run_state, true, true},
        [OPERATION_REMOVE] = {run_remove},
        [OPERATION_MARK_READ_ONLY] = {run_mark_read_only},
        [OPERATION_SET_LIMIT] = {run_set_limit},
        [OPERATION_SET_POOL_LIMIT] = {run_set_pool_limit},
        [OPERATION_NAMES] = {run_names},
        [OPERATION_POOL] = {run_pool},
        [OPERATION_RECOVER] = {run_recover},
};

int operation_run(struct operation *o, enum operation_verb verb, const struct operation_request *request,
                  struct result *ret, struct error *error)
{
        o->online = o->online && verbs[verb].online;
        if (request->of_object && verbs[verb].of_object) {
                _cleanup_image_ struct image *image = NULL;
                int r = operation_get_image(o, request->image, &image, error);

                if (r < 0)
                        return r;
        }
        return verbs[verb].run(o, request, ret, error);
}
