/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MANAGER_WAIT_H
#define MANAGER_WAIT_H

/* Waiting for something that comes over a bus, never in silence: who waits longer than a second is told what
 * for, and there may be an end to it. */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

struct error;

struct wait {
        uint64_t deadline; /* as clock_usec(); UINT64_MAX: none */
        /* Gets "'app.service' to stop" and the like, once for each wait; may be NULL. */
        void (*tell)(const char *what, void *userdata);
        void *userdata;
};

struct awaited {
        bool (*done)(const void *subject);
        char *(*describe)(const void *subject); /* what tell() gets, owned by the caller; NULL: no memory */
        const void *subject;
};

/* What is left until the deadline, in µs as the timeout of a call: UINT64_MAX for no limit, never 0. wait
 * may be NULL: no limit. */
uint64_t wait_left(const struct wait *wait);

/* Handles messages of the connection until it is done. wait may be NULL. Returns 0; -ETIMEDOUT with
 * ERROR_TIMEOUT, which says what was waited for, after the deadline; or another negative errno, with *error
 * set in any case. */
int wait_for(sd_bus *bus, const struct wait *wait, const struct awaited *awaited, struct error *error);

/* Sends m and waits for the answer in that way; what: as tell() gets it. *ret may be NULL. The error is what
 * was answered. */
int wait_for_call(sd_bus *bus, const struct wait *wait, sd_bus_message *m, const char *what,
                  sd_bus_message **ret, struct error *error);

#endif
