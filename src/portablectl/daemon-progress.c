/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <string.h>

#include "basic/cleanup.h"
#include "portablectl/daemon-call.h"
#include "portablectl/interrupt.h"
#include "portablectl/progress.h"
#include "wire/names.h"

/* The daemon's signals that are for us come without a match for them. */
static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        const char *path = sd_bus_message_get_path(m), *what;
        uint64_t done, total;

        if (!path || strcmp(path, PORTABLE_MANAGER_PATH) != 0)
                return 0;
        if (sd_bus_message_is_signal(m, PORTABLED_INTERFACE, PORTABLED_COPY_PROGRESS) > 0 &&
            sd_bus_message_read(m, "sstt", NULL, &what, &done, &total) >= 0)
                progress_show(what, done, total, userdata);
        if (sd_bus_message_is_signal(m, PORTABLED_INTERFACE, PORTABLED_OPERATION_WAITS) > 0 &&
            sd_bus_message_read(m, "ss", NULL, &what) >= 0)
                progress_tell_wait(what, userdata);
        return 0;
}

int daemon_call_with_progress(sd_bus *bus, sd_bus_message *m, uint64_t usec, struct progress *progress,
                              sd_bus_error *answer, sd_bus_message **ret)
{
        _cleanup_(sd_bus_slot_unrefp) sd_bus_slot *filter = NULL;
        struct interrupt interrupt;
        int r;

        if (!progress)
                return daemon_call(bus, m, usec, NULL, answer, ret);
        r = sd_bus_add_filter(bus, &filter, on_message, progress);
        if (r < 0)
                return r;
        if (progress->change)
                interrupt_begin(&interrupt);
        r = daemon_call(bus, m, usec, progress->change ? &interrupt : NULL, answer, ret);
        if (progress->change) {
                interrupt_end(&interrupt);
                progress->interrupted = interrupt.seen;
        }
        progress_end(progress);
        return r;
}
