/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/callers.h"

#include <stdbool.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "portabled/call.h"
#include "portabled/daemon.h"

static void cancel_calls(struct daemon *d, const char *name, bool gone)
{
        struct call *c, *next;

        for (c = d->calls; c; c = next) {
                const char *sender = sd_bus_message_get_sender(c->message);

                next = c->next;
                if (sender && strcmp(sender, name) == 0 && sd_bus_message_get_expect_reply(c->message) != 0)
                        call_cancel(c, gone);
        }
}

void callers_cancel(struct daemon *d, const char *name)
{
        cancel_calls(d, name, false);
}

static int on_name_lost(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        const char *name, *new_owner;

        if (sd_bus_message_read(m, "sss", &name, NULL, &new_owner) >= 0 && name[0] == ':' && !*new_owner)
                cancel_calls(userdata, name, true);
        return 0;
}

int callers_watch(struct daemon *d)
{
        return sd_bus_add_match_async(d->bus, NULL,
                                      "type='signal',sender='org.freedesktop.DBus',"
                                      "path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
                                      "member='NameOwnerChanged',arg2=''",
                                      on_name_lost, NULL, d);
}
