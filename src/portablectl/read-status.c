/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/read-status.h"

#include <errno.h>
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
#include "portablectl/offline.h"
#include "portablectl/request.h"
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

int status_read(struct client *client, struct offline *tree, const struct request *request,
                struct image_status *ret, struct error *error)
{
        const struct operation_request r = {.image = request ? request->image : NULL,
                                            .extensions = request ? request->extensions : NULL};
        const struct status_reader daemon = {ask_daemon, client};
        _cleanup_operation_ struct operation o = {};
        int q = offline_begin(tree, &o, error);

        if (q >= 0 && client->bus)
                operation_share_bus(&o, client->bus);
        return q < 0 ? q
                     : operation_status(&o, request ? &r : NULL, client->bus ? &daemon : NULL, ret, error);
}

int status_open(struct client *client, const char *verb, struct offline **ret, struct error *error)
{
        int r;

        if (options_is_remote(client->options))
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "%s reads files of the system, and cannot do so on another one", verb);
        r = backend_open(client, error);
        if (r >= 0 && client->bus)
                r = sd_bus_set_allow_interactive_authorization(client->bus, false);
        if (r >= 0 && !client->offline)
                r = offline_open("/", client->layout, ret, error);
        return r;
}
