/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/agent.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/many.h"
#include "portablectl/report.h"
#include "portablectl/request.h"
#include "portablectl/units.h"
#include "portablectl/verbs.h"

/* Units that vanished are disabled and stopped, the others enabled and restarted (or started, if new). */
static int units_follow(struct client *client, const struct change_list *removed,
                        const struct change_list *updated, struct error *error)
{
        _cleanup_strv_ char **gone = NULL, **there = NULL;
        const struct options *o = client->options;
        int r, failed = 0;

        r = units_from_changes(removed, true, &gone, error);
        if (r >= 0)
                r = units_from_changes(updated, false, &there, error);
        if (r < 0)
                return r;
        if (o->enable && units_disable(client, gone) < 0)
                failed = -EIO;
        if (o->enable && units_enable(client, there) < 0)
                failed = -EIO;
        if (o->now && units_run(client, "stop", gone, o->block) < 0)
                failed = -EIO;
        if (o->now && units_run(client, "restart", there, o->block) < 0)
                failed = -EIO;
        return failed;
}

static const struct many reattach_many = {VERB_REATTACH, "reattach", "reattached", NULL, units_follow};

int verb_reattach(struct client *client, char **args, struct error *error)
{
        _cleanup_request_ struct request request = {};
        _cleanup_image_changes_ struct image_changes changes = {};
        struct attach_request call;
        int r;

        if (many_is_wanted(client, args[0]))
                return many_run(client, &reattach_many, args, error);
        r = request_image(client, args[0], 0, &request, error);
        if (r >= 0)
                r = request_prefixes(client, args + 1, &request, error);
        if (r >= 0)
                r = request_profile(client, &request, error);
        if (r >= 0)
                r = backend_open(client, error);
        if (r < 0)
                return r;
        agent_open(client);
        call = request_to_attach(client, &request);
        r = backend_change(client, VERB_REATTACH, &call, &changes, error);
        if (r < 0) {
                error_prefix(error, "Failed to reattach image '%s': ", args[0]);
                return r;
        }
        r = report_changes(client, &request, &changes, error);
        if (r >= 0)
                r = units_reload(client, error);
        return r < 0 ? r : units_follow(client, &changes.removed, &changes.updated, error);
}
