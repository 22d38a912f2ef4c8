/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/objects.h"

#include "portabled/call.h"
#include "portabled/callers.h"
#include "portabled/daemon.h"
#include "wire/names.h"

/* Our own interface of the manager object, beside that of portable1. */

static int cancel(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        callers_cancel(userdata, sd_bus_message_get_sender(m));
        return sd_bus_reply_method_return(m, NULL);
}

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Cancel", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, cancel,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Change",
                                SD_BUS_ARGS("s", verb, "a(sas)", images, "as", extensions, "s", profile, "s",
                                            copy_mode, "t", flags),
                                SD_BUS_RESULT("a(sssa(sss)a(sss)as)", results), call_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("InspectImage",
                                SD_BUS_ARGS("s", image, "as", extensions, "as", matches, "t", flags),
                                SD_BUS_RESULT("s", image, "ay", os_release, "a{say}", extensions, "a{say}",
                                              units, "as", sandbox, "as", sandbox_missing),
                                call_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetState", SD_BUS_ARGS("s", image, "as", extensions),
                                SD_BUS_RESULT("s", state, "s", version, "s", version_state), call_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("ImageAttached",
                                SD_BUS_ARGS("s", name, "s", path, "b", runtime, "as", units), 0),
        SD_BUS_SIGNAL_WITH_ARGS("ImageDetached",
                                SD_BUS_ARGS("s", name, "s", path, "b", runtime, "as", units), 0),
        SD_BUS_SIGNAL_WITH_ARGS("ImageReattached",
                                SD_BUS_ARGS("s", name, "s", path, "b", runtime, "as", units), 0),
        SD_BUS_SIGNAL_WITH_ARGS("ImageRemoved", SD_BUS_ARGS("s", image), 0),
        SD_BUS_SIGNAL_WITH_ARGS("ImageChanged", SD_BUS_ARGS("s", image), 0),
        SD_BUS_SIGNAL_WITH_ARGS(PORTABLED_COPY_PROGRESS,
                                SD_BUS_ARGS("s", caller, "s", path, "t", done, "t", total), 0),
        SD_BUS_VTABLE_END,
};

int own_object_register(struct daemon *d, sd_bus *bus)
{
        return sd_bus_add_object_vtable(bus, NULL, PORTABLE_MANAGER_PATH, PORTABLED_INTERFACE,
                                        manager_vtable, d);
}
