/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/text.h"
#include "portablectl/agent.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/image-arg.h"
#include "portablectl/request.h"
#include "portablectl/verbs.h"

int verb_read_only(struct client *client, char **args, struct error *error)
{
        _cleanup_request_ struct request request = {};
        _cleanup_result_ struct result result = {};
        int r, value = args[1] ? text_to_boolean(args[1]) : 1;

        if (value < 0)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "'%s' is no boolean: read-only takes yes or no after the image", args[1]);
        r = request_image(client, args[0], 0, &request, error);
        if (r >= 0)
                r = backend_open(client, error);
        if (r < 0)
                return r;
        agent_open(client);
        r = backend_run(client, OPERATION_MARK_READ_ONLY,
                        &(struct operation_request){.image = request.image,
                                                    .read_only = value > 0,
                                                    .usec = wait_left(&client->wait)},
                        &result, error);
        if (r < 0)
                error_prefix(error, "Failed to mark image '%s' %s: ", args[0],
                             value ? "read-only" : "writable");
        return r;
}
