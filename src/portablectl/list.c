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
        _cleanup_image_table_ struct image_table table = {};
        int r;

        r = backend_open(client, error);
        if (r < 0)
                return r;
        r = backend_list_images(client, &table, error);
        if (r < 0) {
                error_prefix(error, "Failed to list images: ");
                return r;
        }
        pager_open(client);
        if (client->options->json != JSON_OFF)
                return show_json_images(client, &table, error);
        return show_images(stdout, &client->terminal, &table, client->options->legend, error);
}
