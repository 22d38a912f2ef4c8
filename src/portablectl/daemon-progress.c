/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "portablectl/daemon-call.h"
#include "portablectl/interrupt.h"
#include "portablectl/progress.h"
#include "wire/names.h"

static int on_progress(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        const char *path;
        uint64_t done, total;

        if (sd_bus_message_read(m, "sstt", NULL, &path, &done, &total) >= 0)
                progress_show(path, done, total, userdata);
        return 0;
}

/* The signals that are for us; whether they will come shows when they do. */
static int subscribe(sd_bus *bus, struct progress *progress, sd_bus_slot **ret)
{
        _cleanup_free_ char *rule = NULL;
        const char *name;
        int r = sd_bus_get_unique_name(bus, &name);

        if (r < 0)
                return r;
        if (asprintf(&rule,
                     "type='signal',sender='" PORTABLE_BUS_NAME "',path='" PORTABLE_MANAGER_PATH
                     "',interface='" PORTABLED_INTERFACE "',member='" PORTABLED_COPY_PROGRESS "',arg0='%s'",
                     name) < 0) {
                rule = NULL;
                return -ENOMEM;
        }
        return sd_bus_add_match_async(bus, ret, rule, on_progress, NULL, progress);
}

int daemon_call_with_progress(sd_bus *bus, sd_bus_message *m, uint64_t usec, struct progress *progress,
                              sd_bus_error *answer, sd_bus_message **ret)
{
        _cleanup_(sd_bus_slot_unrefp) sd_bus_slot *match = NULL;
        struct interrupt interrupt;
        int r = 0;

        if (!progress)
                return daemon_call(bus, m, usec, NULL, answer, ret);
        interrupt_begin(&interrupt);
        if (progress->wanted)
                r = subscribe(bus, progress, &match);
        if (r >= 0)
                r = daemon_call(bus, m, usec, &interrupt, answer, ret);
        interrupt_end(&interrupt);
        progress->interrupted = interrupt.seen;
        progress_end(progress);
        return r;
}
