/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "basic/error.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/pager.h"
#include "portablectl/show-json.h"
#include "portablectl/show.h"
#include "portablectl/verbs.h"

int verb_list(struct client *client, char **args, struct error *error)
{
        const struct operation_request request = {};
        _cleanup_result_ struct result result = {};
        int r;

        r = backend_open(client, error);
        if (r < 0)
                return r;
        r = backend_run(client, OPERATION_LIST, &request, &result, error);
        if (r < 0) {
                error_prefix(error, "Failed to list images: ");
                return r;
        }
        pager_open(client);
        if (client->options->json != JSON_OFF)
                return show_json_images(client, &result.images, error);
        return show_images(stdout, &client->terminal, &result.images, client->options->legend, error);
}
