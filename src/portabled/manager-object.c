/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/objects.h"

#include <stddef.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "operation/profile.h"
#include "portabled/daemon.h"
#include "portabled/inner.h"
#include "portabled/lookup.h"
#include "portabled/vtable.h"
#include "wire/names.h"
#include "wire/result.h"

static int get_pool_path(sd_bus *bus, const char *path, const char *interface, const char *property,
                         sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        const struct daemon *d = userdata;

        return sd_bus_message_append(reply, "s", d->layout->pool);
}

static int get_pool_usage(sd_bus *bus, const char *path, const char *interface, const char *property,
                          sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        const struct daemon *d = userdata;

        return sd_bus_message_append(reply, "t", d->inner->result->pool_usage);
}

static int get_pool_limit(sd_bus *bus, const char *path, const char *interface, const char *property,
                          sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        const struct daemon *d = userdata;

        return sd_bus_message_append(reply, "t", d->inner->result->pool_limit);
}

static int get_profiles(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *userdata, sd_bus_error *e)
{
        _cleanup_error_ struct error error = {};
        _cleanup_strv_ char **names = NULL;
        struct daemon *d = userdata;
        int r = profile_list(d->root_fd, d->layout, &names, &error);

        if (r < 0)
                return sd_bus_error_set_errnof(e, r, "%s", error_message(&error));
        return sd_bus_message_append_strv(reply, names);
}

static const sd_bus_vtable properties[] = {
        SD_BUS_PROPERTY("PoolPath", "s", get_pool_path, 0, 0),
        SD_BUS_PROPERTY("PoolUsage", "t", get_pool_usage, 0, 0),
        SD_BUS_PROPERTY("PoolLimit", "t", get_pool_limit, 0, 0),
        SD_BUS_PROPERTY("Profiles", "as", get_profiles, 0, 0),
        SD_BUS_VTABLE_END,
};

static int manager_object_make(struct daemon *d)
{
        return vtable_make(PORTABLE_MANAGER_INTERFACE, properties, NULL, &d->vtables[VTABLE_MANAGER]);
}

int manager_object_register(struct daemon *d, sd_bus *bus)
{
        return sd_bus_add_object_vtable(bus, NULL, PORTABLE_MANAGER_PATH, PORTABLE_MANAGER_INTERFACE,
                                        d->vtables[VTABLE_MANAGER].items, d);
}

int objects_make(struct daemon *d)
{
        int r = manager_object_make(d);

        if (r >= 0)
                r = image_object_make(d);
        return r < 0 ? r : own_object_make(d);
}

void objects_clear(struct daemon *d)
{
        for (size_t i = 0; i < VTABLE_MAX; i++)
                vtable_clear(d->vtables + i);
}

int objects_register(struct daemon *d)
{
        int r;

        r = objects_make(d);
        if (r >= 0)
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
