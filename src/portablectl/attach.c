/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/change-images.h"
#include "portablectl/client.h"
#include "portablectl/units.h"
#include "portablectl/verbs.h"

/* The units that attach brought: enabled, then started. */
static int enable_units(struct client *client, const struct changes_done *done, struct error *error)
{
        _cleanup_strv_ char **paths = NULL;
        int r;

        if (!client->options->enable)
                return 0;
        r = units_from_changes(client->layout, done->updated, false, &paths, error);
        return r < 0 ? r : units_enable(client, &done->images, paths);
}

static int start_units(struct client *client, const struct changes_done *done, struct error *error)
{
        _cleanup_strv_ char **paths = NULL;
        int r;

        if (!client->options->now)
                return 0;
        r = units_from_changes(client->layout, done->updated, false, &paths, error);
        return r < 0 ? r : units_run(client, "start", paths, client->options->block, error);
}

static const struct change_verb verb = {OPERATION_ATTACH, "attach",   "attached", NULL,
                                        enable_units,     start_units};

int verb_attach(struct client *client, char **args, struct error *error)
{
        if (args[0] && args[1] && !args[2] && strcmp(args[1], "-") == 0)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Refusing to attach all unit files of image '%s': name their prefixes",
                                 args[0]);
        return change_images(client, &verb, args, error);
}
