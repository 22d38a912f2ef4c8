/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "plan/kind.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/image-arg.h"
#include "portablectl/request.h"
#include "portablectl/show-json.h"
#include "portablectl/verbs.h"

/* What is printed is what systemd's own prints, which does not tell versions apart; so say so. */
static int note_other(const struct request *request, const struct named_state *s, struct error *error)
{
        _cleanup_free_ char *name = image_name_from_path(request->image),
                            *asked = name ? text_escape(name) : NULL,
                            *version = s->version ? text_escape(s->version) : NULL;

        if (!asked || (s->version && !version))
                return error_set_oom(error);
        if (!version || strcmp(s->state, s->nearest) == 0)
                return 0;
        if (strcmp(version, asked) == 0)
                terminal_note("(Image '%s' is attached, though not with exactly these extensions.)", asked);
        else
                terminal_note("(Image '%s' is attached, not '%s'.)", version, asked);
        return 0;
}

int verb_is_attached(struct client *client, char **args, struct error *error)
{
        _cleanup_request_ struct request request = {};
        _cleanup_result_ struct result result = {};
        const struct named_state *state = &result.state;
        _cleanup_free_ char *escaped = NULL;
        int r;

        r = request_image(client, args[0], IMAGE_ARG_MAY_MISS, &request, error);
        if (r >= 0)
                r = backend_open(client, error);
        if (r < 0)
                return r;
        r = backend_run(
                client, OPERATION_STATE,
                &(struct operation_request){.image = request.image, .extensions = request.extensions},
                &result, error);
        if (r < 0) {
                error_prefix(error, "Cannot get the state of image '%s': ", args[0]);
                return r;
        }
        if (client->options->quiet)
                return strcmp(state->state, "detached") == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        if (client->options->json != JSON_OFF)
                return show_json_state(client, &request, state, error);
        escaped = text_escape(state->nearest);
        if (!escaped)
                return error_set_oom(error);
        puts(escaped);
        return note_other(&request, state, error);
}
