/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/objects.h"

#include <stddef.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "operation/profile.h"
#include "portabled/call.h"
#include "portabled/daemon.h"
#include "portabled/inner.h"
#include "portabled/lookup.h"
#include "wire/names.h"

static int get_pool_path(sd_bus *bus, const char *path, const char *interface, const char *property,
                         sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "s", "/var/lib/portables");
}

static int get_pool_usage(sd_bus *bus, const char *path, const char *interface, const char *property,
                          sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        const struct daemon *d = userdata;

        return sd_bus_message_append(reply, "t", d->inner->pool_usage);
}

static int get_pool_limit(sd_bus *bus, const char *path, const char *interface, const char *property,
                          sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        const struct daemon *d = userdata;

        return sd_bus_message_append(reply, "t", d->inner->pool_limit);
}

static int get_profiles(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *userdata, sd_bus_error *e)
{
        _cleanup_error_ struct error error = {};
        _cleanup_strv_ char **names = NULL;
        struct daemon *d = userdata;
        int r = profile_list(d->root_fd, &names, &error);

        if (r < 0)
                return sd_bus_error_set_errnof(e, r, "%s", error_message(&error));
        return sd_bus_message_append_strv(reply, names);
}

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("PoolPath", "s", get_pool_path, 0, 0),
        SD_BUS_PROPERTY("PoolUsage", "t", get_pool_usage, 0, 0),
        SD_BUS_PROPERTY("PoolLimit", "t", get_pool_limit, 0, 0),
        SD_BUS_PROPERTY("Profiles", "as", get_profiles, 0, 0),
        SD_BUS_METHOD_WITH_ARGS("GetImage", SD_BUS_ARGS("s", image), SD_BUS_RESULT("o", object), call_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListImages", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(ssbtttso)", images),
                                call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetImageOSRelease", SD_BUS_ARGS("s", image),
                                SD_BUS_RESULT("a{ss}", os_release), call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetImageMetadata", SD_BUS_ARGS("s", image, "as", matches),
                                SD_BUS_RESULT("s", image, "ay", os_release, "a{say}", units), call_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(
                "GetImageMetadataWithExtensions",
                SD_BUS_ARGS("s", image, "as", extensions, "as", matches, "t", flags),
                SD_BUS_RESULT("s", image, "ay", os_release, "a{say}", extensions, "a{say}", units),
                call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetImageState", SD_BUS_ARGS("s", image), SD_BUS_RESULT("s", state),
                                call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetImageStateWithExtensions",
                                SD_BUS_ARGS("s", image, "as", extensions, "t", flags),
                                SD_BUS_RESULT("s", state), call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(
                "AttachImage",
                SD_BUS_ARGS("s", image, "as", matches, "s", profile, "b", runtime, "s", copy_mode),
                SD_BUS_RESULT("a(sss)", changes), call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("AttachImageWithExtensions",
                                SD_BUS_ARGS("s", image, "as", extensions, "as", matches, "s", profile, "s",
                                            copy_mode, "t", flags),
                                SD_BUS_RESULT("a(sss)", changes), call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("DetachImage", SD_BUS_ARGS("s", image, "b", runtime),
                                SD_BUS_RESULT("a(sss)", changes), call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("DetachImageWithExtensions",
                                SD_BUS_ARGS("s", image, "as", extensions, "t", flags),
                                SD_BUS_RESULT("a(sss)", changes), call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(
                "ReattachImage",
                SD_BUS_ARGS("s", image, "as", matches, "s", profile, "b", runtime, "s", copy_mode),
                SD_BUS_RESULT("a(sss)", changes_removed, "a(sss)", changes_updated), call_handle,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ReattachImageWithExtensions",
                                SD_BUS_ARGS("s", image, "as", extensions, "as", matches, "s", profile, "s",
                                            copy_mode, "t", flags),
                                SD_BUS_RESULT("a(sss)", changes_removed, "a(sss)", changes_updated),
                                call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RemoveImage", SD_BUS_ARGS("s", image), SD_BUS_NO_RESULT, call_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("MarkImageReadOnly", SD_BUS_ARGS("s", image, "b", read_only),
                                SD_BUS_NO_RESULT, call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SetImageLimit", SD_BUS_ARGS("s", image, "t", limit), SD_BUS_NO_RESULT,
                                call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SetPoolLimit", SD_BUS_ARGS("t", limit), SD_BUS_NO_RESULT, call_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int manager_object_register(struct daemon *d, sd_bus *bus)
{
        return sd_bus_add_object_vtable(bus, NULL, PORTABLE_MANAGER_PATH, PORTABLE_MANAGER_INTERFACE,
                                        manager_vtable, d);
}

int objects_register(struct daemon *d)
{
        int r;

        r = sd_bus_add_filter(d->bus, NULL, lookup_filter, d);
        if (r >= 0)
                r = manager_object_register(d, d->bus);
        if (r >= 0)
                r = image_object_register(d, d->bus, false);
        if (r >= 0)
                r = log_object_register(d, d->bus);
        if (r >= 0)
                r = own_object_register(d, d->bus);
        return r;
}
