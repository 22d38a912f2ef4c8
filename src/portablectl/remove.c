/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/error.h"
#include "portablectl/agent.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/image-arg.h"
#include "portablectl/request.h"
#include "portablectl/verbs.h"

static int remove_one(struct client *client, const char *arg, struct error *error)
{
        _cleanup_request_ struct request request = {};
        _cleanup_result_ struct result result = {};
        int r;

        r = request_image(client, arg, IMAGE_ARG_KEEP_LINK, &request, error);
        if (r >= 0)
                r = backend_run(client, OPERATION_REMOVE,
                                &(struct operation_request){.image = request.image,
                                                            .usec = wait_left(&client->wait)},
                                &result, error);
        if (r < 0)
                error_prefix(error, "Failed to remove image '%s': ", arg);
        return r;
}

/* In the order given, up to the first that fails: what comes later may be meant to go only after it. */
int verb_remove(struct client *client, char **args, struct error *error)
{
        int r;

        r = backend_open(client, error);
        if (r < 0)
                return r;
        agent_open(client);
        for (size_t i = 0; args[i]; i++) {
                r = remove_one(client, args[i], error);
                if (r < 0)
                        return r;
        }
        return 0;
}
