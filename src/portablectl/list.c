/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "basic/error.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/list-choice.h"
#include "portablectl/list-rows.h"
#include "portablectl/pager.h"
#include "portablectl/show-json.h"
#include "portablectl/show.h"
#include "portablectl/verbs.h"

/* Header, an empty line, how many there are. */
#define LEGEND_LINES 3

static int show(struct client *client, const struct list_choice *choice, const struct image_table *table,
                struct error *error)
{
        const struct options *o = client->options;

        if (o->json != JSON_OFF) {
                pager_open(client);
                return show_json_images(client, table, error);
        }
        pager_open_for(client, table->n + (o->legend ? LEGEND_LINES : 0));
        return show_images(stdout, &client->terminal, choice, table, o, error);
}

int verb_list(struct client *client, char **args, struct error *error)
{
        const struct operation_request request = {};
        _cleanup_result_ struct result result = {};
        struct list_choice choice;
        int r;

        r = list_choice_parse(client->options, args, &choice, error);
        if (r < 0)
                return r;
        r = backend_open(client, error);
        if (r < 0)
                return r;
        r = backend_run(client, OPERATION_LIST, &request, &result, error);
        if (r < 0) {
                error_prefix(error, "Failed to list images: ");
                return r;
        }
        r = list_add_missing(client, &result.images, error);
        if (r >= 0)
                r = list_add_details(client, &choice, &result.images, error);
        if (r < 0) {
                error_prefix(error, "Failed to list images: ");
                return r;
        }
        list_choose(&choice, &result.images);
        return show(client, &choice, &result.images, error);
}
