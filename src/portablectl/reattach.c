/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/change-images.h"
#include "portablectl/client.h"
#include "portablectl/units.h"
#include "portablectl/verbs.h"

/* Units that vanished, and those that are there now. */
static int read_units(const struct client *client, const struct changes_done *done, char ***ret_gone,
                      char ***ret_there, struct error *error)
{
        int r = units_from_changes(client->layout, done->removed, true, ret_gone, error);

        return r < 0 ? r : units_from_changes(client->layout, done->updated, false, ret_there, error);
}

/* Those that vanished are disabled and stopped, the others enabled and restarted (or started, if new). */
static int enable_units(struct client *client, const struct changes_done *done, struct error *error)
{
        _cleanup_strv_ char **gone = NULL, **there = NULL;
        int r, failed = 0;

        if (!client->options->enable)
                return 0;
        r = read_units(client, done, &gone, &there, error);
        if (r < 0)
                return r;
        if (units_disable(client, NULL, gone) < 0)
                failed = -EIO;
        if (units_enable(client, &done->images, there) < 0)
                failed = -EIO;
        return failed;
}

static int restart_units(struct client *client, const struct changes_done *done, struct error *error)
{
        _cleanup_strv_ char **gone = NULL, **there = NULL;
        const struct options *o = client->options;
        int r, failed = 0;

        if (!o->now)
                return 0;
        r = read_units(client, done, &gone, &there, error);
        if (r < 0)
                return r;
        if (units_run(client, "stop", gone, o->block, error) < 0)
                failed = -EIO;
        if (!error_is_set(error) && units_restart(client, there, o->block, error) < 0)
                failed = -EIO;
        return failed;
}

static const struct change_verb verb = {OPERATION_REATTACH, "reattach",   "reattached", NULL,
                                        enable_units,       restart_units};

int verb_reattach(struct client *client, char **args, struct error *error)
{
        return change_images(client, &verb, args, error);
}
