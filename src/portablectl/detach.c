/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/backend.h"
#include "portablectl/change-images.h"
#include "portablectl/client.h"
#include "portablectl/detach-units.h"
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
        struct operation_request call = request_to_detach(client, request);
        struct request_image image = {call.image, NULL};
        struct operation_result outcome = {};
        _cleanup_error_ struct error error = {};
        bool refused;
        int r;

        call.change = verb_to_string(OPERATION_DETACH);
        call.flags |= PORTABLED_DRY_RUN;
        call.images = &image;
        call.n_images = 1;
        r = backend_change(client, &call, &outcome, &error);
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

static const struct change_verb verb = {OPERATION_DETACH, "detach", "detached", units_put_down};

int verb_detach(struct client *client, char **args, struct error *error)
{
        return change_images(client, &verb, args, error);
}
