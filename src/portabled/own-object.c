/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/objects.h"

#include <string.h>

#include "portabled/call.h"
#include "portabled/daemon.h"
#include "wire/names.h"

/* Our own interfaces, beside those of portable1 on the same objects. */

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Change",
                                SD_BUS_ARGS("s", verb, "a(sas)", images, "as", extensions, "s", profile, "s",
                                            copy_mode, "t", flags),
                                SD_BUS_RESULT("a(sssa(sss)a(sss)as)", results), call_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("ImageAttached",
                                SD_BUS_ARGS("s", name, "s", path, "b", runtime, "as", units), 0),
        SD_BUS_SIGNAL_WITH_ARGS("ImageDetached",
                                SD_BUS_ARGS("s", name, "s", path, "b", runtime, "as", units), 0),
        SD_BUS_SIGNAL_WITH_ARGS("ImageReattached",
                                SD_BUS_ARGS("s", name, "s", path, "b", runtime, "as", units), 0),
        SD_BUS_SIGNAL_WITH_ARGS(PORTABLED_COPY_PROGRESS,
                                SD_BUS_ARGS("s", caller, "s", path, "t", done, "t", total), 0),
        SD_BUS_VTABLE_END,
};

/* Only for introspection, and left out where all properties are asked for: call_handle_property() answers,
 * since the answer needs the service manager. */
static int get_state(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED, "Ask for the property State alone");
}

static const sd_bus_vtable image_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("State", "s", get_state, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION | SD_BUS_VTABLE_PROPERTY_EXPLICIT),
        SD_BUS_VTABLE_END,
};

int own_object_register(struct daemon *d)
{
        int r = sd_bus_add_object_vtable(d->bus, NULL, PORTABLE_MANAGER_PATH, PORTABLED_INTERFACE,
                                         manager_vtable, d);

        if (r >= 0)
                r = sd_bus_add_filter(d->bus, NULL, call_handle_property, d);
        return r < 0 ? r
                     : sd_bus_add_fallback_vtable(d->bus, NULL, PORTABLE_IMAGE_PATH,
                                                  PORTABLED_IMAGE_INTERFACE, image_vtable, image_object_find,
                                                  d);
}
