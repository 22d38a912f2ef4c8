/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MANAGER_HEALTH_H
#define MANAGER_HEALTH_H

/* How a unit is, in more than one word: all that is needed to tell whether it runs well. Source of the
 * properties: org.freedesktop.systemd1(5). */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>

struct error;

struct unit_health {
        char *active_state; /* "active", "failed", ... */
        char *sub_state;    /* "running", "exited", "auto-restart", ... */
        char *result;       /* "success", "exit-code", ...; "" if units of its kind have none */
        char *type;         /* of a service: "simple", "oneshot", ...; "" of others */
        char invocation[SD_ID128_STRING_MAX]; /* hexadecimal, of the last start; "" if there was none */
        uint32_t restarts;                    /* by Restart= since it was started */
        bool condition;                       /* its conditions held when it was started last */
        bool remains;                         /* RemainAfterExit=yes */
        char **needed_by;                     /* strv: units that stop with it */
};

void unit_health_clear(struct unit_health *h);
#define _cleanup_unit_health_ __attribute__((cleanup(unit_health_clear)))

/* Keeps the unit, and what is known of its last run, in memory as long as the connection lasts. */
int manager_keep_unit(sd_bus *bus, const char *unit, struct error *error);

/* One that is not loaded is looked for on disk. Waits at most usec µs. */
int manager_get_health(sd_bus *bus, const char *unit, uint64_t usec, struct unit_health *ret,
                       struct error *error);

#endif
