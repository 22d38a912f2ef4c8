/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/agent.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/exit-status.h"
#include "portablectl/pager.h"
#include "portablectl/request.h"
#include "portablectl/show-json.h"
#include "portablectl/show.h"
#include "portablectl/verbs.h"
#include "wire/names.h"

/* A pipe gets what it gets of systemd's own. */
static bool wants_details(const struct client *client)
{
        return !client->options->cat && (client->terminal.shown || client->options->verbose);
}

static int metadata_fetch(struct client *client, const struct request *request, struct result *ret,
                          struct error *error)
{
        struct operation_request call = request_to_read(client, request);
        int r;

        call.flags &= ~PORTABLE_RUNTIME;
        /* The same with more about the image, if the daemon tells that. */
        if (client->options->json != JSON_OFF || wants_details(client)) {
                r = backend_run(client, OPERATION_INSPECT, &call, ret, error);
                if (r != -EOPNOTSUPP || error->kind != ERROR_NOT_SUPPORTED)
                        return r;
                error_clear(error);
        }
        return backend_run(client, OPERATION_METADATA, &call, ret, error);
}

int verb_inspect(struct client *client, char **args, struct error *error)
{
        _cleanup_request_ struct request request = {};
        _cleanup_result_ struct result result = {};
        _cleanup_error_ struct error failure = {};
        int r;

        r = request_image(client, args[0], 0, &request, error);
        if (r >= 0)
                r = request_prefixes(client, args + 1, &request, error);
        if (r >= 0)
                r = backend_open(client, error);
        if (r < 0)
                return r;
        if (*request.image == '/' || request.extensions[0])
                agent_open(client); /* names are open to everyone */
        r = metadata_fetch(client, &request, &result, &failure);
        if (r < 0) {
                int again = request_prefixes_from_image(client, &request, &failure, error);

                if (again < 0)
                        return again;
                if (again > 0) {
                        error_clear(&failure);
                        r = metadata_fetch(client, &request, &result, &failure);
                }
        }
        if (r < 0) {
                client->failure = (int)exit_status_of_image(client, &request, &failure);
                error_prefix(&failure, "Failed to inspect image '%s': ", args[0]);
                error_move(error, &failure);
                return r;
        }
        pager_open(client);
        if (client->options->json != JSON_OFF)
                r = show_json_metadata(client, &request, &result.metadata, error);
        else if (client->options->cat)
                show_metadata_raw(&client->terminal, &result.metadata, request.extensions);
        else
                r = show_metadata(&client->terminal, &result.metadata, request.extensions, error);
        if (r >= 0 && client->options->json == JSON_OFF && wants_details(client))
                show_details(&client->terminal, &result.metadata);
        return r < 0 ? r : 0;
}
