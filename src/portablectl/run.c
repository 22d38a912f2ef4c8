/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/agent.h"
#include "portablectl/attached-units.h"
#include "portablectl/bus.h"
#include "portablectl/client.h"
#include "portablectl/exit-status.h"
#include "portablectl/units.h"
#include "portablectl/verbs.h"

/* The attached units that the arguments of the verb mean, with a connection to their service manager. */
static int open_units(struct client *client, const char *verb, char *const *args, char ***ret,
                      struct error *error)
{
        int r;

        if (client->options->root)
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "--root= cannot be used with %s: no service manager runs there", verb);
        r = client_connect(client, error);
        if (r >= 0)
                r = attached_units_get(client, args[0], args + 1, ret, error);
        if (r < 0) {
                error_prefix(error, "Cannot %s: ", verb);
                return r;
        }
        agent_open(client);
        return 0;
}

/* What failed has been said unit by unit, but for what keeps the whole from going on. */
static int end(const char *verb, int r, struct error *error)
{
        if (error_is_set(error)) {
                error_prefix(error, "Cannot %s: ", verb);
                return r;
        }
        if (r == -EACCES)
                return STATUS_DENIED;
        return r < 0 ? STATUS_UNITS_FAILED : STATUS_SUCCESS;
}

int verb_start(struct client *client, char **args, struct error *error)
{
        _cleanup_strv_ char **units = NULL, **names = NULL;
        int r = open_units(client, "start", args, &units, error);

        if (r >= 0)
                r = units_expand(client, units, INSTANCES_NONE, &names, error);
        if (r >= 0 && !names)
                return error_set(error, ERROR_NO_MATCHING_UNIT_FILES, ENOENT,
                                 "Cannot start: image '%s' has templates only, of which an instance is "
                                 "started by its name, as in systemctl start NAME@INSTANCE.service",
                                 args[0]);
        if (r < 0)
                return r;
        return end("start", units_run(client, "start", names, client->options->block, error), error);
}

int verb_stop(struct client *client, char **args, struct error *error)
{
        _cleanup_strv_ char **units = NULL;
        int r = open_units(client, "stop", args, &units, error);

        if (r < 0)
                return r;
        return end("stop", units_run(client, "stop", units, client->options->block, error), error);
}

int verb_restart(struct client *client, char **args, struct error *error)
{
        _cleanup_strv_ char **units = NULL;
        int r = open_units(client, "restart", args, &units, error);

        if (r < 0)
                return r;
        return end("restart", units_restart(client, units, client->options->block, error), error);
}
