/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/image-arg.h"
#include "portablectl/profile-arg.h"
#include "portablectl/root-arg.h"

struct operation_request request_to_read(const struct client *client, const struct request *request)
{
        return (struct operation_request){
                .image = request->image,
                .extensions = request->extensions,
                .matches = request->prefixes,
                .units = request->units,
                .flags = options_flags(client->options),
        };
}

struct operation_request request_to_attach(const struct client *client, const struct request *request)
{
        struct operation_request r = request_to_read(client, request);

        r.profile = request->profile;
        r.copy_mode = request->copy_mode ? request->copy_mode : client->options->copy_mode;
        r.usec = wait_left(&client->wait);
        return r;
}

struct operation_request request_to_detach(const struct client *client, const struct request *request)
{
        struct operation_request r = request_to_read(client, request);

        r.matches = NULL;
        r.units = NULL;
        r.usec = wait_left(&client->wait);
        return r;
}

void request_clear(struct request *request)
{
        free(request->image);
        strv_free(request->extensions);
        strv_free(request->prefixes);
        strv_free(request->units);
        free(request->profile);
        *request = (struct request){};
}

int request_resolve(const struct client *client, const char *arg, unsigned flags, char **ret,
                    struct error *error)
{
        if (client->options->root)
                return root_arg_resolve(client->options->root, arg, flags, ret, error);
        if (options_is_remote(client->options))
                flags |= IMAGE_ARG_REMOTE;
        return image_arg_resolve(arg, flags, ret, error);
}

static int resolve_extensions(const struct client *client, unsigned flags, char ***ret, struct error *error)
{
        char *const *args = client->options->extensions;
        _cleanup_strv_ char **l = NULL;

        if (strv_copy(NULL, &l) < 0)
                return error_set_oom(error);
        for (size_t i = 0; args && args[i]; i++) {
                char *resolved = NULL;
                int r = request_resolve(client, args[i], flags, &resolved, error);

                if (r < 0)
                        return r;
                if (strv_consume(&l, resolved) < 0)
                        return error_set_oom(error);
        }
        *ret = steal_pointer(l);
        return 0;
}

/* A name without a slash is a file here; a link keeps its name, which is that of the unit. */
static int resolve_unit(const struct client *client, const char *arg, char **ret, struct error *error)
{
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s%s", strchr(arg, '/') ? "" : "./", arg) < 0) {
                path = NULL;
                return error_set_oom(error);
        }
        return request_resolve(client, path, IMAGE_ARG_KEEP_LINK | IMAGE_ARG_MAY_MISS, ret, error);
}

static int resolve_units(const struct client *client, char ***ret, struct error *error)
{
        _cleanup_strv_ char **l = NULL;

        for (char **arg = client->options->units; arg && *arg; arg++) {
                char *resolved = NULL;
                int r = resolve_unit(client, *arg, &resolved, error);

                if (r < 0)
                        return r;
                if (strv_consume(&l, resolved) < 0)
                        return error_set_oom(error);
        }
        *ret = steal_pointer(l);
        return 0;
}

int request_image(const struct client *client, const char *arg, unsigned flags, struct request *ret,
                  struct error *error)
{
        _cleanup_request_ struct request request = {.typed = arg};
        int r;

        r = request_resolve(client, arg, flags, &request.image, error);
        if (r < 0)
                return r;
        r = resolve_extensions(client, flags, &request.extensions, error);
        if (r < 0) {
                error_prefix(error, "Extension: ");
                return r;
        }
        r = resolve_units(client, &request.units, error);
        if (r < 0) {
                error_prefix(error, "Unit file: ");
                return r;
        }
        *ret = request;
        request = (struct request){};
        return 0;
}

static int prefixes_tell(const struct client *client, const struct request *request, struct error *error)
{
        _cleanup_free_ char *line = NULL;

        if (client->options->quiet || client->options->json != JSON_OFF)
                return 0;
        line = image_prefixes_describe(request->prefixes);
        if (!line)
                return error_set_oom(error);
        terminal_note("%s", line);
        return 0;
}

int request_prefixes(const struct client *client, char *const *args, struct request *request,
                     struct error *error)
{
        char *all[] = {(char *)"-", NULL};
        int r;

        /* Units that are given are meant, however the image is called. */
        if (request->units && !args[0])
                args = all;
        r = image_prefixes(request->typed, request->image, args, &request->prefixes,
                           &request->default_prefix, error);
        return r < 0 ? r : prefixes_tell(client, request, error);
}

int request_set_prefixes(const struct client *client, const char *list, struct request *request,
                         struct error *error)
{
        _cleanup_strv_ char **prefixes = NULL, **old = NULL;

        if (strv_split(list, " \t", &prefixes) < 0)
                return error_set_oom(error);
        old = request->prefixes;
        request->prefixes = steal_pointer(prefixes);
        request->default_prefix = false;
        return prefixes_tell(client, request, error);
}

int request_prefixes_from_image(struct client *client, struct request *request, const struct error *failure,
                                struct error *error)
{
        _cleanup_free_ char *list = NULL;
        _cleanup_error_ struct error e = {};

        /* Older daemons answer "no matching unit files" by InvalidArgs. */
        if (!request->default_prefix ||
            (failure->kind != ERROR_NO_MATCHING_UNIT_FILES && failure->kind != ERROR_INVALID_ARGS))
                return 0;
        if (backend_get_release_field(client, request->image, "PORTABLE_PREFIXES", &list, &e) < 0 || !list ||
            list[strspn(list, " \t")] == '\0')
                return 0;
        return request_set_prefixes(client, list, request, error) < 0 ? -ENOMEM : 1;
}

int request_profile(const struct client *client, struct request *request, struct error *error)
{
        if (request->profile) /* kept */
                return 0;
        return profile_arg_resolve(client, client->options->profile, &request->profile, error);
}
