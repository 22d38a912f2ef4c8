/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "operation/status.h"
#include "portablectl/attached-units.h"
#include "portablectl/client.h"
#include "portablectl/exit-status.h"
#include "portablectl/image-arg.h"
#include "portablectl/offline.h"
#include "portablectl/pager.h"
#include "portablectl/read-status.h"
#include "portablectl/report.h"
#include "portablectl/request.h"
#include "portablectl/show-status.h"
#include "portablectl/verbs.h"

/* arg NULL: all that is attached. Returns 1 if the image is attached, else 0. */
static int status_one(struct client *client, struct offline *tree, const char *arg, bool separated,
                      bool last, struct error *error)
{
        _cleanup_image_status_ struct image_status status = {};
        _cleanup_request_ struct request request = {};
        _cleanup_error_ struct error detached = {};
        int r = arg ? request_image(client, arg, IMAGE_ARG_MAY_MISS, &request, error) : 0;

        if (r >= 0)
                r = status_read(client, tree, arg ? &request : NULL, &status, error);
        if (r < 0) {
                if (arg)
                        error_prefix(error, "Cannot get the status of image '%s': ", arg);
                return r;
        }
        pager_open(client);
        if (separated && status.n > 0 && client->options->json == JSON_OFF)
                putchar('\n');
        r = show_status(client, arg ? request.image : NULL, &status, last, error);
        if (r < 0 || !arg || status.n > 0)
                return r < 0 ? r : 1;
        if (status.masked)
                error_set(&detached, ERROR_NO_SUCH_UNIT, ENXIO,
                          "Image '%s' is masked: '%s' is a link to /dev/null", arg, status.masked);
        else
                attached_units_fail(arg, status.version, &detached);
        if (client->options->json == JSON_OFF)
                report_failure(client, &detached);
        return 0;
}

static int status_all(struct client *client, struct offline *tree, char **args, struct error *error)
{
        int r, missing = 0;

        if (!args[0])
                return status_one(client, tree, NULL, false, true, error) < 0 ? -EIO : 0;
        for (size_t i = 0; args[i]; i++) {
                r = status_one(client, tree, args[i], i > 0, !args[i + 1], error);
                if (r < 0)
                        return r;
                missing |= r == 0;
        }
        return missing ? STATUS_NOT_ATTACHED : STATUS_SUCCESS;
}

int verb_status(struct client *client, char **args, struct error *error)
{
        struct offline *own = NULL;
        int r = status_open(client, "status", &own, error);

        if (r >= 0)
                r = status_all(client, client->offline ? client->offline : own, args, error);
        offline_close(own);
        return r;
}
