/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/attached-units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "manager/manager.h"
#include "operation/concerned.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/daemon.h"
#include "portablectl/here.h"
#include "portablectl/image-arg.h"
#include "portablectl/request.h"
#include "portablectl/units.h"

int attached_units_fail(const char *arg, const char *version, struct error *error)
{
        return error_set(error, ERROR_NO_SUCH_UNIT, ENXIO, "Image '%s' is not attached%s%s%s", arg,
                         version ? "; '" : "", version ? version : "", version ? "' is" : "");
}

int attached_units_read_image(struct client *client, const struct request *request, char *const *prefixes,
                              struct result *ret, struct error *error)
{
        struct operation_request call = request_to_read(client, request);

        call.matches = prefixes;
        return daemon_run(client->bus, OPERATION_METADATA, &call, NULL, ret, error);
}

static bool is_attached_path(const struct layout *layout, const char *path, bool runtime)
{
        size_t i = layout_attach_find(layout, path);

        return i < LAYOUT_ATTACH_MAX && layout->attach[i].runtime == runtime;
}

int attached_units_keep(struct client *client, const struct image_metadata *image, bool runtime, char ***ret,
                        struct error *error)
{
        _cleanup_strv_ char **names = NULL;
        struct manager_unit_file *files = NULL;
        size_t n = 0;
        int r = 0;

        for (size_t i = 0; i < image->n_units; i++)
                if (strv_append(&names, image->units[i].name) < 0)
                        return error_set_oom(error);
        if (names)
                r = manager_get_unit_file_states(client->bus, names, &files, &n, error);
        for (size_t i = 0; r >= 0 && i < n; i++)
                if (is_attached_path(client->layout, files[i].path, runtime) &&
                    !strv_contains(*ret, files[i].name) && strv_append(ret, files[i].name) < 0)
                        r = error_set_oom(error);
        manager_unit_files_free(files, n);
        return r;
}

static int find_here(struct client *client, const struct request *request, char ***ret, struct error *error)
{
        const struct operation_request wanted = {.image = request->image, .extensions = request->extensions};
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_concerned_ struct concerned c = {};
        _cleanup_here_ struct here here = {};
        int r = here_begin(client, &here, error);

        if (r >= 0)
                r = attached_index_read(here.operation.root_fd, client->layout, &index, error);
        if (r >= 0)
                r = concerned_find(&here.operation, &index, &wanted, &c, error);
        if (r < 0)
                return r;
        if (c.match == CONCERNED_NONE || c.match == CONCERNED_OTHER)
                return attached_units_fail(request->typed, c.version, error);
        for (size_t i = 0; i < c.n; i++) {
                const struct attached_unit *u = index.units + c.units[i];

                if (u->unit && unit_name_matches_any(u->name, request->prefixes) &&
                    !strv_contains(*ret, u->name) && strv_append(ret, u->name) < 0)
                        return error_set_oom(error);
        }
        return 0;
}

static int find_there(struct client *client, const struct request *request, char ***ret, struct error *error)
{
        const struct operation_request wanted = {.image = request->image, .extensions = request->extensions};
        _cleanup_result_ struct result state = {}, image = {};
        int r = backend_run(client, OPERATION_STATE, &wanted, &state, error);

        if (r < 0)
                return r;
        if (strcmp(state.state.state, "detached") == 0)
                return attached_units_fail(request->typed, state.state.version, error);
        r = attached_units_read_image(client, request, request->prefixes, &image, error);
        for (int runtime = false; r >= 0 && runtime <= true; runtime++)
                r = attached_units_keep(client, &image.metadata, runtime, ret, error);
        return r;
}

static int find(struct client *client, const struct request *request, char ***ret, struct error *error)
{
        return options_is_remote(client->options) ? find_there(client, request, ret, error)
                                                  : find_here(client, request, ret, error);
}

int attached_units_get(struct client *client, const char *arg, char *const *args, char ***ret,
                       struct error *error)
{
        _cleanup_request_ struct request request = {};
        _cleanup_strv_ char **names = NULL;
        bool made_up;
        int r = request_image(client, arg, IMAGE_ARG_MAY_MISS, &request, error);

        if (r >= 0 && args[0])
                r = image_prefixes(arg, request.image, args, &request.prefixes, &made_up, error);
        if (r >= 0)
                r = find(client, &request, &names, error);
        if (r < 0)
                return r;
        if (!names)
                return error_set(error, ERROR_NO_MATCHING_UNIT_FILES, ENOENT,
                                 "Image '%s' has no units attached that match", arg);
        units_sort(names);
        *ret = steal_pointer(names);
        return 0;
}
