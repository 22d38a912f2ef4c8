/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "operation/operation.h"
#include "operation/status.h"
#include "plan/kind.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/image-arg.h"
#include "portablectl/offline.h"
#include "portablectl/pager.h"
#include "portablectl/report.h"
#include "portablectl/request.h"
#include "portablectl/show-status.h"
#include "portablectl/verbs.h"
#include "wire/names.h"

/* The daemon reads what is in the images: it may, where the caller may not. Everyone may ask for images of
 * the search path, by name, but only root for others. A name may mean another image that comes first. */
static int ask_daemon(const struct attachment *a, void *userdata, struct image_metadata *ret,
                      struct error *error)
{
        struct client *client = userdata;
        const char *path = a->paths[0];
        bool by_name = geteuid() != 0 && !a->paths[1] && layout_has_image(client->layout, path);
        _cleanup_free_ char *name = image_name_from_path(path);
        const struct operation_request request = {
                .image = by_name ? name : path,
                .extensions = a->paths + 1,
                .flags = PORTABLE_FORCE_EXTENSION,
        };
        _cleanup_result_ struct result result = {};
        int r;

        if (!name)
                return error_set_oom(error);
        r = backend_run(client, OPERATION_METADATA, &request, &result, error);
        if (r >= 0 && by_name && strcmp(result.metadata.path, path) != 0)
                return error_set(error, ERROR_FAILED, ENOENT, "Another image has its name");
        if (r < 0)
                return r;
        *ret = result.metadata;
        result.metadata = (struct image_metadata){};
        return 0;
}

static int read_status(struct client *client, struct offline *tree, const struct request *request,
                       struct image_status *ret, struct error *error)
{
        const struct operation_request r = {.image = request ? request->image : NULL,
                                            .extensions = request ? request->extensions : NULL};
        const struct status_reader daemon = {ask_daemon, client};
        _cleanup_operation_ struct operation o = {};
        int q = offline_begin(tree, &o, error);

        if (q >= 0 && client->bus) {
                o.bus = sd_bus_ref(client->bus);
                o.bus_is_shared = true;
        }
        return q < 0 ? q
                     : operation_status(&o, request ? &r : NULL, client->bus ? &daemon : NULL, ret, error);
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
