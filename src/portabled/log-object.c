/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/objects.h"

#include "portabled/daemon.h"
#include "portabled/log.h"

/* org.freedesktop.LogControl1(5), as "systemctl service-log-level" uses it. Only privileged callers may set
 * (sd-bus checks). */

static int get_level(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "s", log_get_level());
}

static int set_level(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *value, void *userdata, sd_bus_error *error)
{
        const char *s;
        int r = sd_bus_message_read(value, "s", &s);

        if (r >= 0 && log_set_level(s) < 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "Unknown log level '%s'", s);
        return r;
}

static int get_target(sd_bus *bus, const char *path, const char *interface, const char *property,
                      sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "s", log_get_target());
}

static int set_target(sd_bus *bus, const char *path, const char *interface, const char *property,
                      sd_bus_message *value, void *userdata, sd_bus_error *error)
{
        const char *s;
        int r = sd_bus_message_read(value, "s", &s);

        if (r >= 0 && log_set_target(s) < 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "Unknown log target '%s'", s);
        return r;
}

static int get_identifier(sd_bus *bus, const char *path, const char *interface, const char *property,
                          sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "s", "systemd-portabled");
}

static const sd_bus_vtable log_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_WRITABLE_PROPERTY("LogLevel", "s", get_level, set_level, 0, 0),
        SD_BUS_WRITABLE_PROPERTY("LogTarget", "s", get_target, set_target, 0, 0),
        SD_BUS_PROPERTY("SyslogIdentifier", "s", get_identifier, 0, 0),
        SD_BUS_VTABLE_END,
};

int log_object_register(struct daemon *d, sd_bus *bus)
{
        return sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/LogControl1",
                                        "org.freedesktop.LogControl1", log_vtable, d);
}
