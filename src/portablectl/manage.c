/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdint.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/text.h"
#include "portablectl/agent.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/image-arg.h"
#include "portablectl/parse-size.h"
#include "portablectl/request.h"
#include "portablectl/suggest.h"
#include "portablectl/verbs.h"

/* arg NULL: all images are meant. */
static int begin(struct client *client, const char *arg, unsigned flags, struct request *ret,
                 struct error *error)
{
        int r = arg ? request_image(client, arg, flags, ret, error) : 0;

        if (r >= 0)
                r = backend_open(client, error);
        if (r >= 0)
                agent_open(client);
        return r;
}

static int ask(struct client *client, enum operation_verb verb, const struct request *request,
               struct operation_request wanted, struct error *error)
{
        _cleanup_result_ struct result result = {};

        wanted.image = request->image;
        wanted.usec = wait_left(&client->wait);
        return backend_run(client, verb, &wanted, &result, error);
}

static int remove_one(struct client *client, const char *arg, struct error *error)
{
        _cleanup_request_ struct request request = {};
        int r = begin(client, arg, IMAGE_ARG_KEEP_LINK, &request, error);

        if (r >= 0)
                r = ask(client, OPERATION_REMOVE, &request, (struct operation_request){}, error);
        if (r < 0) {
                error_prefix(error, "Cannot remove image '%s': ", arg);
                suggest_image(client, arg, NULL, error);
        }
        return r;
}

/* In the order given, up to the first that fails: what comes later may be meant to go only after it. */
int verb_remove(struct client *client, char **args, struct error *error)
{
        int r = backend_open(client, error);

        for (size_t i = 0; args[i] && r >= 0; i++)
                r = remove_one(client, args[i], error);
        return r;
}

int verb_read_only(struct client *client, char **args, struct error *error)
{
        _cleanup_request_ struct request request = {};
        int r, value = args[1] ? text_to_boolean(args[1]) : 1;

        if (value < 0)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "'%s' is not a boolean: read-only takes yes or no after the image",
                                 args[1]);
        r = begin(client, args[0], 0, &request, error);
        if (r < 0)
                return r;
        r = ask(client, OPERATION_MARK_READ_ONLY, &request,
                (struct operation_request){.read_only = value > 0}, error);
        if (r < 0)
                error_prefix(error, "Cannot mark image '%s' %s: ", args[0],
                             value ? "read-only" : "writable");
        return r;
}

int verb_set_limit(struct client *client, char **args, struct error *error)
{
        _cleanup_request_ struct request request = {};
        const char *image = args[1] ? args[0] : NULL;
        uint64_t limit;
        int r = size_parse(args[1] ? args[1] : args[0], &limit, error);

        if (r >= 0)
                r = begin(client, image, 0, &request, error);
        if (r < 0)
                return r;
        r = ask(client, image ? OPERATION_SET_LIMIT : OPERATION_SET_POOL_LIMIT, &request,
                (struct operation_request){.limit = limit}, error);
        if (r < 0 && image)
                error_prefix(error, "Cannot limit the size of image '%s': ", image);
        else if (r < 0)
                error_prefix(error, "Cannot limit the size of all images: ");
        return r;
}
