/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/install-ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/text.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/request.h"

/* Once for all units. Among several images some may have been refused: the last reason is kept for a unit
 * that is in none of them. */
static int fetch_metadata(struct install_ask *a, struct error *error)
{
        struct client *client = a->client;

        a->metadata = calloc(a->images.n + 1, sizeof(*a->metadata));
        if (!a->metadata)
                return error_set_oom(error);
        for (size_t i = 0; i < a->images.n; i++) {
                const struct operation_request call = request_to_read(client, a->images.requests + i);
                _cleanup_result_ struct result result = {};
                _cleanup_error_ struct error why = {};

                if (backend_run(client, OPERATION_METADATA, &call, &result, &why) < 0)
                        error_move(&a->why, &why);
                a->metadata[i] = result.metadata;
                result.metadata = (struct image_metadata){};
        }
        return 0;
}

static int ask_text(const char *unit, void *userdata, char **ret, size_t *ret_size, struct error *error)
{
        struct install_ask *a = userdata;
        int r = a->metadata ? 0 : fetch_metadata(a, error);

        if (r < 0)
                return r;
        for (size_t i = 0; i < a->images.n; i++)
                for (size_t k = 0; k < a->metadata[i].n_units; k++) {
                        const struct image_file *file = a->metadata[i].units + k;

                        if (strcmp(file->name, unit) != 0)
                                continue;
                        *ret = text_copy(file->content, file->size);
                        if (!*ret)
                                return error_set_oom(error);
                        *ret_size = file->size;
                        return 0;
                }
        return error_set(error, ERROR_FAILED, ENODATA, "Cannot read '%s': %s", unit,
                         error_is_set(&a->why) ? error_message(&a->why) : "the image does not have it");
}

int install_ask_begin(struct client *client, const struct install_images *images, struct install_ask *ret,
                      struct error *error)
{
        *ret = (struct install_ask){.client = client, .images = *images};
        ret->source = (struct install_source){
                .operation = &ret->here.operation,
                .elsewhere = options_is_remote(client->options),
                .bus = client->bus,
                .ask = ask_text,
                .userdata = ret,
        };
        return here_begin(client, &ret->here, error);
}

void install_ask_end(struct install_ask *a)
{
        for (size_t i = 0; a->metadata && i < a->images.n; i++)
                image_metadata_clear(a->metadata + i);
        free(a->metadata);
        error_clear(&a->why);
        here_end(&a->here);
        *a = (struct install_ask){};
}
