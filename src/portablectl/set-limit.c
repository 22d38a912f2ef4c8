/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include "basic/error.h"
#include "portablectl/agent.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/parse-size.h"
#include "portablectl/request.h"
#include "portablectl/verbs.h"

int verb_set_limit(struct client *client, char **args, struct error *error)
{
        _cleanup_request_ struct request request = {};
        _cleanup_result_ struct result result = {};
        uint64_t limit;
        int r;

        r = size_parse(args[1] ? args[1] : args[0], &limit, error);
        if (r >= 0 && args[1])
                r = request_image(client, args[0], 0, &request, error);
        if (r >= 0)
                r = backend_open(client, error);
        if (r < 0)
                return r;
        agent_open(client);
        r = backend_run(client, args[1] ? OPERATION_SET_LIMIT : OPERATION_SET_POOL_LIMIT,
                        &(struct operation_request){
                                .image = request.image, .limit = limit, .usec = wait_left(&client->wait)},
                        &result, error);
        if (r < 0 && args[1])
                error_prefix(error, "Failed to limit the size of image '%s': ", args[0]);
        else if (r < 0)
                error_prefix(error, "Failed to limit the size of all images: ");
        return r;
}
