/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/reattach-keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "operation/choices.h"
#include "portablectl/client.h"
#include "portablectl/here.h"
#include "portablectl/request.h"

/* Returns 0 if nothing of the image is attached. */
static int read_choices(const struct client *client, const struct request *request,
                        struct attach_choices *ret, struct error *error)
{
        const struct operation_request wanted = {.image = request->image, .extensions = request->extensions};
        _cleanup_here_ struct here here = {};
        int r = here_begin(client, &here, error);

        return r < 0 ? r
                     : attach_choices_read(&here.operation, &wanted, client->options->runtime, ret, error);
}

/* Of what is kept only what is unusual is told, and of what was given only what is another. */
static void tell_choice(const struct client *client, const char *what, const char *now, const char *before,
                        const char *usual)
{
        _cleanup_free_ char *x = text_escape(now), *y = text_escape(before);

        if (!x || !y || client->options->quiet || client->options->json != JSON_OFF)
                return;
        if (strcmp(now, before) != 0)
                terminal_note("(%s '%s', before: '%s'.)", what, x, y);
        else if (strcmp(now, usual) != 0)
                terminal_note("(%s '%s', as before.)", what, x);
}

static int keep_profile(struct client *client, struct request *request, const struct attach_choices *c,
                        struct error *error)
{
        bool given = client->options->profile_given;
        const char *before = c->profile ? c->profile : "none";
        int r = 0;

        if (given || !c->profile)
                r = request_profile(client, request, error);
        else
                request->profile = strdup(c->profile);
        if (r < 0)
                return r;
        if (!request->profile)
                return error_set_oom(error);
        if (c->service)
                tell_choice(client, "Profile", request->profile, before, "default");
        return 0;
}

int reattach_keep(struct client *client, struct request *request, char ***ret_prefixes, struct error *error)
{
        const struct options *o = client->options;
        bool given = o->given & (UINT64_C(1) << OPTION_COPY);
        _cleanup_attach_choices_ struct attach_choices c = {.copy_mode = ""};
        int r;

        *ret_prefixes = NULL;
        if (options_is_remote(o))
                return 0;
        r = read_choices(client, request, &c, error);
        if (r <= 0)
                return r;
        r = keep_profile(client, request, &c, error);
        if (r < 0)
                return r;
        request->copy_mode = given ? o->copy_mode : c.copy_mode;
        tell_choice(client, "Copy mode", *request->copy_mode ? request->copy_mode : "auto",
                    *c.copy_mode ? c.copy_mode : "auto", "auto");
        if (!request->units && c.given) {
                request->units = steal_pointer(c.given);
                for (char **path = request->units; *path; path++)
                        tell_choice(client, "Unit file", *path, *path, "");
        }
        *ret_prefixes = steal_pointer(c.prefixes);
        return 0;
}
