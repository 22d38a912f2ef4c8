/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/objects.h"

#include <stddef.h>

#include "portabled/daemon.h"
#include "portabled/vtable.h"
#include "wire/names.h"

/* Our own interface of the manager object, beside that of portable1. */

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "s", PROJECT_VERSION);
}

static const sd_bus_vtable properties[] = {
        SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable signals[] = {
        SD_BUS_SIGNAL_WITH_ARGS("ImageAttached",
                                SD_BUS_ARGS("s", name, "s", path, "b", runtime, "as", units), 0),
        SD_BUS_SIGNAL_WITH_ARGS("ImageDetached",
                                SD_BUS_ARGS("s", name, "s", path, "b", runtime, "as", units), 0),
        SD_BUS_SIGNAL_WITH_ARGS("ImageReattached",
                                SD_BUS_ARGS("s", name, "s", path, "b", runtime, "as", units, "s", replaced),
                                0),
        SD_BUS_SIGNAL_WITH_ARGS("ImageRemoved", SD_BUS_ARGS("s", image), 0),
        SD_BUS_SIGNAL_WITH_ARGS("ImageChanged", SD_BUS_ARGS("s", image), 0),
        SD_BUS_SIGNAL_WITH_ARGS(PORTABLED_COPY_PROGRESS,
                                SD_BUS_ARGS("s", caller, "s", path, "t", done, "t", total), 0),
        SD_BUS_SIGNAL_WITH_ARGS(PORTABLED_OPERATION_WAITS, SD_BUS_ARGS("s", caller, "s", image), 0),
        SD_BUS_VTABLE_END,
};

int own_object_make(struct daemon *d)
{
        return vtable_make(PORTABLED_INTERFACE, properties, signals, &d->vtables[VTABLE_OWN]);
}

int own_object_register(struct daemon *d, sd_bus *bus)
{
        return sd_bus_add_object_vtable(bus, NULL, PORTABLE_MANAGER_PATH, PORTABLED_INTERFACE,
                                        d->vtables[VTABLE_OWN].items, d);
}
