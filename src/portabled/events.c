/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/events.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "basic/cleanup.h"
#include "basic/pack.h"
#include "basic/strv.h"
#include "operation/operation.h"
#include "portabled/daemon.h"
#include "portabled/log.h"
#include "wire/names.h"

static const char *const members[OPERATION_VERB_MAX] = {
        [OPERATION_ATTACH] = "ImageAttached",
        [OPERATION_DETACH] = "ImageDetached",
        [OPERATION_REATTACH] = "ImageReattached",
};

static int send_member(struct daemon *d, const char *member, const char *name, const char *path, int runtime,
                       char **units)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_signal(d->bus, &m, PORTABLE_MANAGER_PATH, PORTABLED_INTERFACE, member);

        if (r >= 0)
                r = sd_bus_message_append(m, "ssb", name, path, runtime);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, units);
        return r < 0 ? r : sd_bus_send(d->bus, m, NULL);
}

/* The new state is the manager's to say (a unit may be enabled or running), so it is only told that it
 * changed. */
static int send_state_changed(struct daemon *d, const char *name)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_free_ char *object = NULL;
        int r = sd_bus_path_encode(PORTABLE_IMAGE_PATH, name, &object);

        if (r >= 0)
                r = sd_bus_message_new_signal(d->bus, &m, object, "org.freedesktop.DBus.Properties",
                                              "PropertiesChanged");
        if (r >= 0)
                r = sd_bus_message_append(m, "sa{sv}as", PORTABLED_IMAGE_INTERFACE, 0, 1, "State");
        return r < 0 ? r : sd_bus_send(d->bus, m, NULL);
}

static int send_event(struct daemon *d, struct unpack *u)
{
        uint32_t verb = unpack_u32(u);
        _cleanup_free_ char *name = unpack_string_required(u), *path = unpack_string_required(u);
        uint32_t runtime = unpack_u32(u);
        _cleanup_strv_ char **units = unpack_strv(u);

        if (!name || !path || !units || verb >= OPERATION_VERB_MAX)
                return -EBADMSG;
        if (send_member(d, members[verb], name, path, runtime != 0, units) < 0 ||
            send_state_changed(d, name) < 0)
                log_message(LOG_WARNING, "Cannot send the signals for image '%s'", path);
        return 0;
}

void events_send_image(struct daemon *d, const char *member, const char *image)
{
        if (sd_bus_emit_signal(d->bus, PORTABLE_MANAGER_PATH, PORTABLED_INTERFACE, member, "s", image) < 0)
                log_message(LOG_WARNING, "Cannot send the signals for image '%s'", image);
}

void events_send_progress(struct daemon *d, const char *caller, const char *path, uint64_t done,
                          uint64_t total)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_signal(d->bus, &m, PORTABLE_MANAGER_PATH, PORTABLED_INTERFACE,
                                          PORTABLED_COPY_PROGRESS);

        if (r >= 0)
                r = sd_bus_message_append(m, "sstt", caller, path, done, total);
        if (r >= 0)
                (void)sd_bus_send_to(d->bus, m, caller, NULL);
}

int events_send(struct daemon *d, struct unpack *u)
{
        size_t n = unpack_count(u, sizeof(uint32_t));

        for (size_t i = 0; i < n; i++) {
                int r = send_event(d, u);

                if (r < 0)
                        return r;
        }
        return 0;
}
