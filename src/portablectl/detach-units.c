/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/detach-units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "manager/manager.h"
#include "operation/check.h"
#include "portablectl/attached-units.h"
#include "portablectl/client.h"
#include "portablectl/here.h"
#include "portablectl/image-arg.h"
#include "portablectl/request.h"
#include "portablectl/units.h"

/* Those that the daemon will detach: it goes by the same function. */
static int units_here(struct client *client, char *const *args, struct request *request, char ***ret,
                      struct error *error)
{
        struct operation_request wanted = {.image = request->image, .extensions = request->extensions};
        _cleanup_here_ struct here here = {};
        int r = args[0] ? request_prefixes(client, args, request, error) : 0;

        if (r >= 0)
                r = here_begin(client, &here, error);
        if (r < 0)
                return r;
        wanted.matches = request->prefixes;
        return operation_list_attached(&here.operation, &wanted, client->options->runtime, ret, error);
}

static int units_there(struct client *client, char *const *args, struct request *request, char ***ret,
                       struct error *error)
{
        _cleanup_result_ struct result result = {};
        int r = request_prefixes(client, args, request, error);

        if (r >= 0)
                r = attached_units_read_image(client, request, request->prefixes, &result, error);
        return r < 0 ? r
                     : attached_units_keep(client, &result.metadata, client->options->runtime, ret, error);
}

int detach_units(struct client *client, char *const *args, struct request *request, char ***ret,
                 struct error *error)
{
        _cleanup_strv_ char **names = NULL;
        int r;

        if (options_is_remote(client->options))
                r = units_there(client, args, request, &names, error);
        else
                r = units_here(client, args, request, &names, error);
        if (r < 0)
                return r;
        units_sort(names);
        *ret = steal_pointer(names);
        return 0;
}

/* Those that are active and have no unit file. */
static int keep_orphans(struct client *client, char *const *names, char ***ret, struct error *error)
{
        struct manager_unit_state *states[2] = {};
        size_t n[2] = {};
        int r;

        r = manager_get_unit_states(client->bus, names, &states[0], &n[0], error);
        if (r >= 0)
                r = manager_get_instance_states(client->bus, names, false, &states[1], &n[1], error);
        for (size_t i = 0; i < ELEMENTSOF(states); i++) {
                for (size_t k = 0; r >= 0 && k < n[i]; k++)
                        if (strcmp(states[i][k].load_state, "not-found") == 0 &&
                            manager_active_state_is_active(states[i][k].active_state) &&
                            !strv_contains(*ret, states[i][k].name) &&
                            strv_append(ret, states[i][k].name) < 0)
                                r = error_set_oom(error);
                manager_unit_states_free(states[i], n[i]);
        }
        return r;
}

int detach_orphans(struct client *client, char *const *args, const struct request *request, char ***ret,
                   struct error *error)
{
        _cleanup_result_ struct result result = {};
        _cleanup_strv_ char **prefixes = NULL, **names = NULL;
        _cleanup_error_ struct error unreadable = {};
        bool made_up;

        if (image_prefixes(request->typed, request->image, args, &prefixes, &made_up, &unreadable) < 0 ||
            attached_units_read_image(client, request, prefixes, &result, &unreadable) < 0)
                return 0;
        for (size_t i = 0; i < result.metadata.n_units; i++)
                if (strv_append(&names, result.metadata.units[i].name) < 0)
                        return error_set_oom(error);
        return keep_orphans(client, names, ret, error);
}
