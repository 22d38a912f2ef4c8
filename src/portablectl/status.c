/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-bus.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "operation/operation.h"
#include "operation/status.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/image-arg.h"
#include "portablectl/offline.h"
#include "portablectl/pager.h"
#include "portablectl/report.h"
#include "portablectl/request.h"
#include "portablectl/show-status.h"
#include "portablectl/status-compare.h"
#include "portablectl/verbs.h"

/* The operation reads what is attached, the daemon what is in the images. */
static int read_status(struct client *client, struct offline *tree, const struct request *request,
                       struct image_status *ret, struct error *error)
{
        const struct operation_request r = {.image = request ? request->image : NULL,
                                            .extensions = request ? request->extensions : NULL};
        _cleanup_image_status_ struct image_status s = {};
        _cleanup_operation_ struct operation o = {};
        int q = offline_begin(tree, &o, error);

        if (q >= 0 && client->bus) {
                o.bus = sd_bus_ref(client->bus);
                o.bus_is_shared = true;
        }
        if (q >= 0)
                q = operation_status(&o, request ? &r : NULL, &s, error);
        for (size_t i = 0; q >= 0 && i < s.n; i++)
                q = status_compare_units(client, o.root_fd, s.items + i, error);
        if (q < 0)
                return q;
        *ret = s;
        s = (struct image_status){};
        return 0;
}

/* arg NULL: all that is attached. Returns 1 if the image is attached, else 0. */
static int status_one(struct client *client, struct offline *tree, const char *arg, bool separated,
                      bool last, struct error *error)
{
        _cleanup_image_status_ struct image_status status = {};
        _cleanup_request_ struct request request = {};
        _cleanup_error_ struct error detached = {};
        int r = arg ? request_image(client, arg, IMAGE_ARG_MAY_MISS, &request, error) : 0;

        if (r >= 0)
                r = read_status(client, tree, arg ? &request : NULL, &status, error);
        if (r < 0) {
                if (arg)
                        error_prefix(error, "Failed to get the status of image '%s': ", arg);
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
                error_set(&detached, ERROR_NO_SUCH_UNIT, ENXIO, "Image '%s' is not attached%s%s%s", arg,
                          status.version ? "; '" : "", status.version ? status.version : "",
                          status.version ? "' is" : "");
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
        return missing ? EXIT_FAILURE : EXIT_SUCCESS;
}

int verb_status(struct client *client, char **args, struct error *error)
{
        struct offline *own = NULL;
        int r;

        if (options_is_remote(client->options))
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "status reads files of the system, and cannot do so on another one");
        r = backend_open(client, error);
        if (r >= 0 && client->bus)
                r = sd_bus_set_allow_interactive_authorization(client->bus, false);
        if (r >= 0 && !client->offline)
                r = offline_open("/", client->layout, &own, error);
        if (r >= 0)
                r = status_all(client, client->offline ? client->offline : own, args, error);
        offline_close(own);
        return r;
}
