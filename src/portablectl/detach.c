/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/agent.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/detach-units.h"
#include "portablectl/image-arg.h"
#include "portablectl/interrupt.h"
#include "portablectl/many.h"
#include "portablectl/report.h"
#include "portablectl/request.h"
#include "portablectl/units.h"
#include "portablectl/verbs.h"
#include "wire/names.h"

static int units_stop(struct client *client, char **args, const struct request *request, char *const *names,
                      struct error *error)
{
        _cleanup_strv_ char **all = NULL;
        int r;

        if (strv_copy(names, &all) < 0)
                return error_set_oom(error);
        r = detach_orphans(client, args, request, &all, error);
        return r < 0 ? r : units_run(client, "stop", all, true, error);
}

/* What is disabled and cleaned does not come back: not of an image that will be refused. Another daemon than
 * ours cannot tell. */
static bool is_refused(struct client *client, const struct request *request)
{
        const struct operation_request call = {
                .image = request->image,
                .extensions = request->extensions,
                .flags = options_flags(client->options),
                .usec = wait_left(&client->wait),
        };
        struct operation_result outcome = {};
        _cleanup_error_ struct error error = {};
        bool refused;
        int r;

        r = backend_change_many(client, OPERATION_DETACH, &call, 1, PORTABLED_DRY_RUN, &outcome, &error);
        refused = r < 0 ? r != -EOPNOTSUPP : error_is_set(&outcome.error);
        operation_result_clear(&outcome);
        return refused;
}

/* Before anything is removed: stopped, disabled and cleaned, in that order. */
static int units_put_down(struct client *client, char **args, struct request *request, struct error *error)
{
        const struct options *o = client->options;
        _cleanup_strv_ char **names = NULL, **clean = NULL;
        int r, failed = 0;

        if (!o->now && !o->enable && !o->clean)
                return 0;
        r = detach_units(client, args, request, &names, error);
        if (r < 0)
                return r;
        /* Before they are stopped: the manager forgets instances that do not run. */
        if (o->clean)
                r = units_expand(client, names, INSTANCES_KNOWN, &clean, error);
        if (r < 0)
                return r;
        if (o->now && units_stop(client, args, request, names, error) < 0)
                failed = -EIO;
        if (error_is_set(error) || ((o->enable || o->clean) && is_refused(client, request)))
                return failed;
        if (o->enable && units_disable(client, &(struct install_images){request, 1}, names) < 0)
                failed = -EIO;
        if (o->clean && units_clean(client, clean) < 0)
                failed = -EIO;
        return failed;
}

static const struct many detach_many = {OPERATION_DETACH, "detach", "detached", units_put_down};

/* *ret_failed: negative if something failed that does not keep it from being detached. */
static int detach_one(struct client *client, char **args, struct request *request,
                      struct operation_result *changes, int *ret_failed, struct error *error)
{
        int r = request_image(client, args[0], IMAGE_ARG_MAY_MISS, request, error);

        if (r >= 0)
                r = backend_open(client, error);
        if (r < 0)
                return r;
        agent_open(client);
        r = *ret_failed = units_put_down(client, args + 1, request, error);
        if (!error_is_set(error))
                r = backend_change(client, OPERATION_DETACH,
                                   &(struct operation_request){
                                           .image = request->image,
                                           .extensions = request->extensions,
                                           .flags = options_flags(client->options),
                                           .usec = wait_left(&client->wait),
                                   },
                                   changes, error);
        if (r >= 0)
                return r;
        interrupt_tell_units(client, error);
        error_prefix(error, "Failed to detach image '%s': ", args[0]);
        return r;
}

int verb_detach(struct client *client, char **args, struct error *error)
{
        _cleanup_request_ struct request request = {};
        _cleanup_operation_result_ struct operation_result changes = {};
        int r, failed = 0;
        bool changed;

        if (many_is_wanted(client, args[0]))
                return many_run(client, &detach_many, args, error);
        r = detach_one(client, args, &request, &changes, &failed, error);
        changed = r >= 0;
        if (changed) {
                report_changes(client, &changes);
                r = units_reload(client, error);
                if (r >= 0 && client->interrupted)
                        r = interrupt_too_late(client, detach_many.done, error);
        }
        return report_end(client, request.image ?: args[0], &changes, changed, r < 0 ? r : failed, error);
}
