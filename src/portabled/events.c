/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/events.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "basic/cleanup.h"
#include "portabled/daemon.h"
#include "portabled/log.h"
#include "wire/names.h"
#include "wire/request.h"
#include "wire/result.h"

static const char *const members[] = {
        [OPERATION_ATTACH] = "ImageAttached",
        [OPERATION_DETACH] = "ImageDetached",
        [OPERATION_REATTACH] = "ImageReattached",
};

static int send_member(struct daemon *d, enum operation_verb verb, const struct image_event *e)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_signal(d->bus, &m, PORTABLE_MANAGER_PATH, PORTABLED_INTERFACE,
                                          members[verb]);

        if (r >= 0)
                r = sd_bus_message_append(m, "ssb", e->name, e->path, (int)e->runtime);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, e->units);
        if (r >= 0 && verb == OPERATION_REATTACH)
                r = sd_bus_message_append_basic(m, 's', e->replaced);
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

void events_send_image(struct daemon *d, const char *member, const char *image)
{
        if (sd_bus_emit_signal(d->bus, PORTABLE_MANAGER_PATH, PORTABLED_INTERFACE, member, "s", image) < 0)
                log_message(LOG_WARNING, "Cannot send the signals for image '%s'", image);
}

/* A signal for nobody else, whose first argument is who that is. */
static void send_to_caller(struct daemon *d, const char *member, const char *caller, const char *types, ...)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_signal(d->bus, &m, PORTABLE_MANAGER_PATH, PORTABLED_INTERFACE, member);
        va_list arguments;

        if (r >= 0)
                r = sd_bus_message_append(m, "s", caller);
        if (r >= 0) {
                va_start(arguments, types);
                r = sd_bus_message_appendv(m, types, arguments);
                va_end(arguments);
        }
        if (r >= 0)
                (void)sd_bus_send_to(d->bus, m, caller, NULL);
}

void events_send_wait(struct daemon *d, const char *caller, const char *image)
{
        send_to_caller(d, PORTABLED_OPERATION_WAITS, caller, "s", image);
}

void events_send_progress(struct daemon *d, const char *caller, const char *path, uint64_t done,
                          uint64_t total)
{
        send_to_caller(d, PORTABLED_COPY_PROGRESS, caller, "stt", path, done, total);
}

void events_send(struct daemon *d, const struct image_events *l)
{
        for (size_t i = 0; i < l->n; i++) {
                const struct image_event *e = l->items + i;
                int verb = e->verb ? verb_from_string(e->verb) : -EINVAL;

                if (verb < 0 || !e->name || !e->path || !e->replaced ||
                    send_member(d, (enum operation_verb)verb, e) < 0 || send_state_changed(d, e->name) < 0)
                        log_message(LOG_WARNING, "Cannot send the signals for image '%s'", e->path ?: "?");
        }
}
