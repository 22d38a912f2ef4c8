/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/path.h"
#include "manager/manager.h"
#include "operation/operation.h"
#include "verify/foretell.h"
#include "wire/codec.h"
#include "wire/methods.h"
#include "wire/names.h"
#include "worker/record.h"

/* What there is before the request. */
struct worker_prepared {
        const struct layout *layout;
        sd_bus *bus; /* NULL: none */
        struct record_queue records;
};

/* A spare has the time for a connection to the bus that has been introduced (the bus has answered Hello). */
static void *prepare(bool spare, const void *userdata)
{
        struct worker_prepared *p = calloc(1, sizeof(*p));
        const char *name;

        if (p)
                p->layout = userdata;
        if (!p || !spare)
                return p;
        if (manager_open_bus(p->layout, &p->bus) >= 0 && sd_bus_get_unique_name(p->bus, &name) < 0)
                p->bus = sd_bus_close_unref(p->bus);
        return p;
}

static void tell_progress(const char *path, uint64_t done, uint64_t total, void *userdata)
{
        worker_tell_progress(path, done, total);
}

static void tell_wait(const char *image, void *userdata)
{
        worker_tell_wait(image);
}

static int begin(struct worker_prepared *p, const struct operation_request *request, int root_fd,
                 struct operation *o, struct error *error)
{
        int r = operation_begin(root_fd, p->layout, true, o, error);

        if (r < 0)
                return r;
        o->network_fd = fcntl(WORKER_KEPT_FD, F_GETFD) >= 0 ? WORKER_KEPT_FD : 0;
        o->debug = request->debug;
        o->viewer = request->viewer;
        o->progress = tell_progress;
        o->listener.tell = tell_wait;
        o->commit = worker_commit;
        o->bus = sd_bus_ref(p->bus);
        o->bus_is_shared = o->bus;
        return 0;
}

static int check(const struct method *method, const struct operation_request *request, struct error *error)
{
        if (method->verb == OPERATION_CHANGE && verb_from_string(request->change) < 0) {
                _cleanup_free_ char *shown = text_escape(request->change);

                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Unknown operation '%s' (there are attach, detach, reattach)",
                                 shown ?: "?");
        }
        if (request->flags & ~method->flags)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "Invalid 'flags' parameter '%llu'",
                                 (unsigned long long)request->flags);
        return 0;
}

static void record_outcomes(struct record_queue *q, const struct method *method,
                            const struct operation_request *request, const struct result *result)
{
        enum operation_verb verb = method->verb == OPERATION_CHANGE
                                           ? (enum operation_verb)verb_from_string(request->change)
                                           : method->verb;

        for (size_t i = 0; i < result->outcomes.n && !(request->flags & PORTABLED_DRY_RUN); i++) {
                struct operation_request one = operation_request_of_image(request, i);

                if (operation_is_event(&one, result->outcomes.items + i))
                        record_operation(q, operation_request_verb(&one, verb), &one,
                                         result->outcomes.items + i);
        }
}

static int run_request(struct worker_prepared *p, const struct method *method,
                       const struct operation_request *request, struct result *result, struct error *error)
{
        _cleanup_close_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_operation_ struct operation o = {};
        int r;

        if (root_fd < 0)
                return error_set_errno(error, errno, "Cannot open '/'");
        r = check(method, request, error);
        if (r >= 0)
                r = begin(p, request, root_fd, &o, error);
        o.foretell = foretell_warn;
        if (r >= 0)
                r = operation_run(&o, method->verb, request, result, error);
        record_lines(&p->records, &o);
        if (r < 0)
                return r;
        record_outcomes(&p->records, method, request, result);
        result_drop_silent(result);
        if (method->verb == OPERATION_CHANGE || method->verb == OPERATION_APPLY)
                return 0;
        return result->outcomes.n > 0 ? result_take_one(result, error) : 0;
}

static int run(void *prepared, struct unpack *u, struct pack *reply, struct error *error)
{
        __attribute__((cleanup(operation_request_clear))) struct operation_request request = {};
        _cleanup_result_ struct result result = {};
        const struct method *method = NULL;
        struct worker_prepared *p = prepared;
        const struct codec_field *f;
        int r;

        operation_request_unpack(u, &method, &request);
        if (!p)
                return error_set_oom(error);
        if (unpack_finish(u) < 0)
                return error_set(error, ERROR_FAILED, EBADMSG, "The process of this operation got no job");
        p->bus = operation_check_bus(p->bus);
        r = run_request(p, method, &request, &result, error);
        for (size_t i = 0; r >= 0 && (f = method_result(method, i)); i++)
                codec_pack(reply, f, &result);
        return r;
}

static void finish(void *prepared)
{
        struct worker_prepared *p = prepared;

        if (p)
                record_queue_flush(&p->records);
}

const struct worker_kind operation_worker = {
        .prepare = prepare,
        .run = run,
        .finish = finish,
};
