/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "portablectl/bus.h"
#include "portablectl/client.h"
#include "portablectl/daemon.h"
#include "portablectl/offline.h"
#include "portablectl/profile-arg.h"
#include "portablectl/progress.h"
#include "wire/names.h"

int backend_open(struct client *client, struct error *error)
{
        if (!client->options->root)
                return client_connect(client, error);
        return client->offline
                       ? 0
                       : offline_open(client->options->root, client->layout, &client->offline, error);
}

static int run(struct client *client, enum operation_verb verb, const struct operation_request *request,
               struct progress *progress, struct result *ret, struct error *error)
{
        return client->offline ? offline_run(client->offline, verb, request, progress, ret, error)
                               : daemon_run(client->bus, verb, request, progress, ret, error);
}

int backend_run(struct client *client, enum operation_verb verb, const struct operation_request *request,
                struct result *ret, struct error *error)
{
        struct progress progress;

        progress_begin(&progress, client, NULL);
        return run(client, verb, request, &progress, ret, error);
}

int backend_get_release_field(struct client *client, const char *image, const char *key, char **ret,
                              struct error *error)
{
        const struct operation_request request = {.image = image};
        _cleanup_result_ struct result result = {};
        _cleanup_free_ char *found = NULL;
        int r = backend_run(client, OPERATION_RELEASE, &request, &result, error);

        if (r < 0)
                return r;
        for (size_t i = 0; i < result.fields.n; i++) {
                if (strcmp(result.fields.items[i].key, key) != 0)
                        continue;
                free(found);
                found = steal_pointer(result.fields.items[i].value);
        }
        *ret = steal_pointer(found);
        return 0;
}

/* One image, by the methods that every daemon has. */
static int change_plainly(struct client *client, const struct operation_request *request,
                          struct operation_result *ret, struct error *error)
{
        _cleanup_result_ struct result result = {};
        int r;

        /* It would not find such a profile, and attach without any. */
        if (request->profile && profile_arg_is_path(request->profile))
                return error_set(
                        error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                        "The systemd-portabled that runs there is another one, and takes no path as "
                        "profile ('%s')",
                        request->profile);
        r = daemon_run(client->bus, (enum operation_verb)verb_from_string(request->change), request, NULL,
                       &result, error);
        if (r < 0)
                return r;
        ret->removed = result.removed;
        ret->updated = result.updated;
        result.removed = result.updated = (struct change_list){};
        return 0;
}

/* In one request. */
static int change_at_once(struct client *client, enum operation_verb verb,
                          const struct operation_request *request, struct operation_result *outcomes,
                          struct error *error)
{
        size_t n = operation_request_count(request);
        _cleanup_result_ struct result result = {};
        struct progress progress;
        int r;

        if (client->interrupted)
                return error_set(error, ERROR_SYSTEM, ECANCELED, "Canceled, nothing was changed");
        progress_begin(&progress, client, request->copy_mode);
        progress.change = true;
        r = run(client, verb, request, &progress, &result, error);
        client->interrupted = progress.interrupted;
        if (r >= 0 && result.outcomes.n != n)
                r = error_set(error, ERROR_FAILED, EBADMSG,
                              "systemd-portabled answered Change with something unexpected");
        if (r < 0)
                return r;
        memcpy(outcomes, result.outcomes.items, n * sizeof(*outcomes));
        result.outcomes.n = 0;
        return 0;
}

int backend_apply(struct client *client, const struct operation_request *request,
                  struct operation_result *outcomes, struct error *error)
{
        return change_at_once(client, OPERATION_APPLY, request, outcomes, error);
}

int backend_change(struct client *client, const struct operation_request *request,
                   struct operation_result *outcomes, struct error *error)
{
        int r = change_at_once(client, OPERATION_CHANGE, request, outcomes, error);

        if (r != -EOPNOTSUPP || strv_length(request->units) > 0 ||
            request->flags & (PORTABLED_DRY_RUN | PORTABLED_ATOMIC | PORTABLED_STRICT | PORTABLED_CONFINE) ||
            client->offline)
                return r;
        /* Another portabled: one after the other. */
        error_clear(error);
        for (size_t i = 0; i < operation_request_count(request); i++) {
                const struct operation_request one = operation_request_of_image(request, i);

                change_plainly(client, &one, outcomes + i, &outcomes[i].error);
        }
        return 0;
}

int backend_get_profiles(struct client *client, char ***ret, struct error *error)
{
        return client->offline ? offline_get_profiles(client->offline, ret, error)
                               : daemon_get_profiles(client->bus, ret, error);
}
