/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/operation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "manager/list.h"
#include "manager/manager.h"
#include "operation/check.h"
#include "plan/marker.h"
#include "wire/names.h"

sd_bus *operation_check_bus(sd_bus *bus)
{
        int r;

        if (!bus)
                return NULL;
        do
                r = sd_bus_process(bus, NULL);
        while (r > 0);
        return r < 0 || sd_bus_is_open(bus) <= 0 ? sd_bus_close_unref(bus) : bus;
}

void operation_share_bus(struct operation *o, sd_bus *bus)
{
        o->bus = sd_bus_ref(bus);
        o->bus_is_shared = true;
}

int operation_connect(struct operation *o, struct error *error)
{
        int r;

        if (!o->online)
                return 0;
        if (!o->bus_is_shared)
                o->bus = operation_check_bus(o->bus);
        if (o->bus)
                return 0;
        r = manager_open_bus(o->layout, &o->bus);
        return r < 0 ? error_set_errno(error, r, "Cannot connect to the %s bus",
                                       o->layout->scope == LAYOUT_USER ? "user" : "system")
                     : 0;
}

void operation_introduce(struct operation *o)
{
        const char *name;

        /* Without it there will be another one, or an error, when it counts. */
        if (o->bus)
                (void)sd_bus_get_unique_name(o->bus, &name);
}

int operation_ask(struct operation *o, struct error *error)
{
        char **unit_path;
        int r;

        if (!o->online || o->asked)
                return 0;
        r = operation_connect(o, error);
        if (r >= 0)
                r = manager_get_version_and_unit_path(o->bus, &o->manager_version, &unit_path, error);
        if (r < 0)
                return r;
        strv_free(o->unit_path);
        name_set_free(o->active);
        attached_index_clear(&o->seen);
        o->unit_path = unit_path;
        o->asked = true;
        return 0;
}

int operation_ask_all(struct operation *o, struct error *error)
{
        int r = operation_ask(o, error);

        if (r < 0 || !o->online || o->active)
                return r;
        return manager_list_active(o->bus, NULL, &o->active, error);
}

int operation_begin(int root_fd, const struct layout *layout, bool online, struct operation *ret,
                    struct error *error)
{
        struct operation o = {.root_fd = root_fd, .layout = layout, .online = online};

        if (strv_copy((char *const *)layout->units, &o.unit_path) < 0)
                return error_set_oom(error);
        *ret = o;
        return 0;
}

int operation_commit(const struct operation *o, struct error *error)
{
        if (!o->commit || o->commit())
                return 0;
        return error_set(error, ERROR_SYSTEM, ECANCELED, "Canceled, nothing was changed");
}

void operation_end(struct operation *o)
{
        if (o->bus_is_shared)
                sd_bus_unref(o->bus);
        else
                sd_bus_flush_close_unref(o->bus);
        strv_free(o->unit_path);
        name_set_free(o->active);
        free(o->image_path);
        strv_free(o->messages);
        strv_free(o->details);
        *o = (struct operation){};
}

int operation_set_image_path(struct operation *o, const char *path)
{
        char *copy = strdup(path);

        if (!copy)
                return -ENOMEM;
        free(o->image_path);
        o->image_path = copy;
        return 0;
}

static int check_image(const char *what, const char *image, struct error *error)
{
        _cleanup_free_ char *shown = text_escape(image);

        if (image[0] == '/' ? path_is_normalized(image) : image_name_is_valid(image))
                return 0;
        if (image[0] == '/')
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "%s path '%s' is not normalized", what,
                                 shown ?: "?");
        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "%s name '%s' is neither a valid name nor an absolute path", what, shown ?: "?");
}

int operation_request_check(const struct operation_request *request, uint64_t allowed_flags,
                            struct error *error)
{
        static const char *const copy_modes[] = {"", "copy", "symlink", "mixed"};
        const char *mode = request->copy_mode ?: "";
        bool known = false;
        int r;

        if (request->flags & ~allowed_flags)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "Invalid 'flags' parameter '%llu'",
                                 (unsigned long long)request->flags);
        for (size_t i = 0; i < ELEMENTSOF(copy_modes); i++)
                known = known || strcmp(mode, copy_modes[i]) == 0;
        if (!known) {
                _cleanup_free_ char *shown = text_escape(mode);

                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Unknown copy mode '%s' (there are copy, symlink and mixed)", shown ?: "?");
        }
        if (request->definition && *request->definition &&
            !marker_definition_is_valid(request->definition)) {
                _cleanup_free_ char *shown = text_escape(request->definition);

                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "'%s' is not a name of a definition",
                                 shown ?: "?");
        }
        r = check_image("Image", request->image, error);
        for (char *const *e = request->extensions; r >= 0 && e && *e; e++)
                r = check_image("Extension", *e, error);
        return r;
}
