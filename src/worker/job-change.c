/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attached/names.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "operation/operation.h"
#include "wire/error-names.h"
#include "wire/names.h"
#include "worker/record.h"

static void pack_changes(struct pack *p, const struct change_list *l)
{
        size_t n = 0;

        for (size_t i = 0; i < l->n; i++)
                n += !l->items[i].silent;
        pack_u32(p, (uint32_t)n);
        for (size_t i = 0; i < l->n; i++) {
                const struct change *c = l->items + i;

                if (c->silent)
                        continue;
                pack_u32(p, c->type);
                pack_string(p, c->path);
                pack_string(p, c->source ?: "");
        }
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

/* What a signal will tell of one image that was changed. */
static int pack_event(struct pack *p, enum operation_verb verb, const struct operation_request *request,
                      const struct operation_result *result)
{
        const char *path = result->image_path ?: request->image;
        _cleanup_free_ char *name = attached_name_from_path(path);
        _cleanup_strv_ char **units = NULL;

        if (!name || collect_units(&result->updated, &units) < 0 ||
            collect_units(&result->removed, &units) < 0)
                return -ENOMEM;
        pack_u32(p, verb);
        pack_string(p, name);
        pack_string(p, path);
        pack_u32(p, (request->flags & PORTABLE_RUNTIME) != 0);
        pack_strv(p, units);
        return 0;
}

static int pack_events(struct pack *p, enum operation_verb verb, unsigned mode,
                       const struct operation_request *requests, const struct operation_result *results,
                       size_t n)
{
        uint32_t done = 0;

        for (size_t i = 0; i < n; i++)
                done += !(mode & OPERATION_DRY_RUN) && !error_is_set(&results[i].error);
        pack_u32(p, done);
        for (size_t i = 0; i < n && done > 0; i++)
                if (!error_is_set(&results[i].error) && pack_event(p, verb, requests + i, results + i) < 0)
                        return -ENOMEM;
        return 0;
}

static int run_one(const struct job *j, enum operation_verb verb, struct operation_result *result,
                   struct error *error)
{
        struct operation_request request = job_request(j, j->image, j->matches);
        _cleanup_operation_ struct operation o = {};
        _cleanup_close_ int root_fd = -EBADF;
        int r;

        r = job_check_flags(j, PORTABLE_FLAGS_ALL, error);
        if (r >= 0)
                r = job_begin(j, &o, &root_fd, true, error);
        if (r >= 0)
                r = job_check_object(&o, j, error);
        if (r < 0)
                return r;
        r = operation_change(&o, verb, &request, 1, 0, result, error);
        record_lines(j, &o);
        if (r < 0)
                return r;
        record_operation(verb, j, &request, result);
        if (!error_is_set(&result->error))
                return 0;
        r = -result->error.errnum;
        error_move(error, &result->error);
        return r;
}

/* The methods of org.freedesktop.portable1: one image, its changes. */
static int run_and_pack(const struct job *j, enum operation_verb verb, struct pack *reply,
                        struct error *error)
{
        struct operation_request request = job_request(j, j->image, j->matches);
        _cleanup_(operation_result_clear) struct operation_result result = {};
        int r = run_one(j, verb, &result, error);

        if (r < 0)
                return r;
        if (verb != OPERATION_ATTACH)
                pack_changes(reply, &result.removed);
        if (verb != OPERATION_DETACH)
                pack_changes(reply, &result.updated);
        return pack_events(reply, verb, 0, &request, &result, 1) < 0 ? error_set_oom(error) : 0;
}

int job_attach(const void *argument, struct pack *reply, struct error *error)
{
        return run_and_pack(argument, OPERATION_ATTACH, reply, error);
}

int job_detach(const void *argument, struct pack *reply, struct error *error)
{
        return run_and_pack(argument, OPERATION_DETACH, reply, error);
}

int job_reattach(const void *argument, struct pack *reply, struct error *error)
{
        return run_and_pack(argument, OPERATION_REATTACH, reply, error);
}

static void pack_result(struct pack *p, const struct operation_request *request,
                        const struct operation_result *result)
{
        bool failed = error_is_set(&result->error);

        pack_string(p, request->image);
        pack_string(p, failed ? error_bus_name(&result->error) : "");
        pack_string(p, failed ? error_message(&result->error) : "");
        pack_changes(p, &result->removed);
        pack_changes(p, &result->updated);
        pack_strv(p, result->warnings);
}

static int find_verb(const char *name, enum operation_verb *ret, struct error *error)
{
        static const char *const names[] = {
                [OPERATION_ATTACH] = "attach",
                [OPERATION_DETACH] = "detach",
                [OPERATION_REATTACH] = "reattach",
        };
        _cleanup_free_ char *shown = text_escape(name);

        for (int i = 0; i < OPERATION_VERB_MAX; i++)
                if (strcmp(names[i], name) == 0) {
                        *ret = (enum operation_verb)i;
                        return 0;
                }
        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "Unknown operation '%s' (there are attach, detach, reattach)", shown ?: "?");
}

static int run_many(const struct job *j, enum operation_verb verb, struct operation_request *requests,
                    struct operation_result *results, struct pack *reply, struct error *error)
{
        unsigned mode = (j->flags & PORTABLED_DRY_RUN ? OPERATION_DRY_RUN : 0) |
                        (j->flags & PORTABLED_ATOMIC ? OPERATION_ATOMIC : 0);
        _cleanup_operation_ struct operation o = {};
        _cleanup_close_ int root_fd = -EBADF;
        int r;

        for (size_t i = 0; i < j->n_images; i++)
                requests[i] = job_request(j, j->images[i].image, j->images[i].matches);
        r = job_begin(j, &o, &root_fd, true, error);
        if (r >= 0)
                r = operation_change(&o, verb, requests, j->n_images, mode, results, error);
        record_lines(j, &o);
        if (r < 0)
                return r;

        pack_u32(reply, (uint32_t)j->n_images);
        for (size_t i = 0; i < j->n_images; i++) {
                if (!(mode & OPERATION_DRY_RUN))
                        record_operation(verb, j, requests + i, results + i);
                pack_result(reply, requests + i, results + i);
        }
        return pack_events(reply, verb, mode, requests, results, j->n_images) < 0 ? error_set_oom(error) : 0;
}

int job_change(const void *argument, struct pack *reply, struct error *error)
{
        const struct job *j = argument;
        _cleanup_free_ struct operation_request *requests = NULL;
        struct operation_result *results;
        enum operation_verb verb = OPERATION_ATTACH;
        int r;

        r = find_verb(j->verb, &verb, error);
        if (r < 0)
                return r;
        r = job_check_flags(j, PORTABLE_FLAGS_ALL | PORTABLED_DRY_RUN | PORTABLED_ATOMIC, error);
        if (r < 0)
                return r;
        if (j->n_images == 0)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "No image was named");

        requests = calloc(j->n_images, sizeof(*requests));
        results = calloc(j->n_images, sizeof(*results));
        if (requests && results)
                r = run_many(j, verb, requests, results, reply, error);
        else
                r = error_set_oom(error);
        for (size_t i = 0; results && i < j->n_images; i++)
                operation_result_clear(results + i);
        free(results);
        return r;
}
