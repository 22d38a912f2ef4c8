/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/backend.h"

#include <errno.h>

#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/bus.h"
#include "portablectl/client.h"
#include "portablectl/offline.h"
#include "portablectl/profile-arg.h"
#include "portablectl/progress.h"

void image_changes_clear(struct image_changes *c)
{
        change_list_clear(&c->removed);
        change_list_clear(&c->updated);
        strv_free(c->warnings);
        *c = (struct image_changes){};
}

int backend_open(struct client *client, struct error *error)
{
        if (!client->options->root)
                return client_connect(client, error);
        return client->offline ? 0 : offline_open(client->options->root, &client->offline, error);
}

int backend_list_images(struct client *client, struct image_table *ret, struct error *error)
{
        return client->offline ? offline_list_images(client->offline, ret, error)
                               : daemon_list_images(client->bus, ret, error);
}

int backend_get_metadata(struct client *client, const char *image, char *const *extensions,
                         char *const *matches, uint64_t flags, struct image_metadata *ret,
                         struct error *error)
{
        if (client->offline)
                return offline_get_metadata(client->offline, image, extensions, matches, flags, ret, error);
        return daemon_get_metadata(client->bus, image, extensions, matches, flags, ret, error);
}

int backend_inspect(struct client *client, const char *image, char *const *extensions, char *const *matches,
                    uint64_t flags, struct image_metadata *ret, struct error *error)
{
        int r = client->offline ? -EOPNOTSUPP
                                : daemon_inspect(client->bus, image, extensions, matches, flags, ret, error);

        if (r != -EOPNOTSUPP || (!client->offline && error->kind != ERROR_NOT_SUPPORTED))
                return r;
        error_clear(error);
        return backend_get_metadata(client, image, extensions, matches, flags, ret, error);
}

int backend_get_release_field(struct client *client, const char *image, const char *key, char **ret,
                              struct error *error)
{
        return client->offline ? offline_get_release_field(client->offline, image, key, ret, error)
                               : daemon_get_release_field(client->bus, image, key, ret, error);
}

int backend_get_state(struct client *client, const char *image, char *const *extensions,
                      struct named_state *ret, struct error *error)
{
        return client->offline ? offline_get_state(client->offline, image, extensions, ret, error)
                               : daemon_get_state(client->bus, image, extensions, ret, error);
}

/* By the methods that every daemon has. */
static int change_plainly(struct client *client, enum change_verb verb, const struct attach_request *request,
                          struct image_changes *ret, struct error *error)
{
        /* It would not find such a profile, and attach without any. */
        if (request->profile && profile_arg_is_path(request->profile))
                return error_set(
                        error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                        "The systemd-portabled that runs there is another one, and takes no path as "
                        "profile ('%s')",
                        request->profile);
        switch (verb) {
        case VERB_ATTACH:
                return daemon_attach(client->bus, request, &ret->updated, error);
        case VERB_DETACH:
                return daemon_detach(client->bus, request, &ret->removed, error);
        case VERB_REATTACH:
        default:
                return daemon_reattach(client->bus, request, &ret->removed, &ret->updated, error);
        }
}

int backend_change_many(struct client *client, enum change_verb verb, const struct attach_request *requests,
                        size_t n, uint64_t flags, struct image_outcome *outcomes, struct error *error)
{
        static const char *const names[] = {
                [VERB_ATTACH] = "attach",
                [VERB_DETACH] = "detach",
                [VERB_REATTACH] = "reattach",
        };
        struct progress progress;
        int r;

        progress_begin(&progress, client, verb == VERB_DETACH ? NULL : requests->copy_mode);
        if (client->offline)
                return offline_change_many(client->offline, verb, requests, n, flags, &progress, outcomes,
                                           error);
        r = daemon_change_many(client->bus, names[verb], requests, n, flags, &progress, outcomes, error);
        if (r != -EOPNOTSUPP || flags != 0)
                return r;
        /* Another portabled: one after the other. */
        error_clear(error);
        for (size_t i = 0; i < n; i++)
                change_plainly(client, verb, requests + i, &outcomes[i].changes, &outcomes[i].error);
        return 0;
}

int backend_change(struct client *client, enum change_verb verb, const struct attach_request *request,
                   struct image_changes *ret, struct error *error)
{
        struct image_outcome outcome = {};
        int r;

        /* detach has no warnings that would need our own interface */
        if (!client->offline && verb == VERB_DETACH)
                return change_plainly(client, verb, request, ret, error);
        r = backend_change_many(client, verb, request, 1, 0, &outcome, error);
        if (r >= 0 && error_is_set(&outcome.error)) {
                r = -outcome.error.errnum;
                error_move(error, &outcome.error);
        }
        if (r < 0) {
                image_changes_clear(&outcome.changes);
                return r;
        }
        *ret = outcome.changes;
        return 0;
}

int backend_set_read_only(struct client *client, const char *image, bool read_only, struct error *error)
{
        return client->offline ? offline_set_read_only(client->offline, image, read_only, error)
                               : daemon_set_read_only(client->bus, wait_left(&client->wait), image,
                                                      read_only, error);
}

int backend_remove(struct client *client, const char *image, struct error *error)
{
        return client->offline ? offline_remove(client->offline, image, error)
                               : daemon_remove(client->bus, wait_left(&client->wait), image, error);
}

int backend_set_limit(struct client *client, const char *image, uint64_t limit, struct error *error)
{
        return client->offline
                       ? offline_set_limit(client->offline, image, limit, error)
                       : daemon_set_limit(client->bus, wait_left(&client->wait), image, limit, error);
}

int backend_get_profiles(struct client *client, char ***ret, struct error *error)
{
        return client->offline ? offline_get_profiles(client->offline, ret, error)
                               : daemon_get_profiles(client->bus, ret, error);
}
