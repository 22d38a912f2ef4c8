/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_INNER_H
#define PORTABLED_INNER_H

/*
 * sd-bus makes the answers about properties and nodes, but takes what they need while it dispatches a
 * message, when it is too late to wait for a worker. So the daemon has a second bus, from itself to itself:
 * lookup.c lets a worker look first, keeps here what that has found, and then passes the message on to this
 * bus, where it is answered at once.
 */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

struct daemon;
struct result;

struct inner {
        sd_bus *server, *client;
        bool broken;
        const struct result *result; /* what has been looked up, while a message is passed on */
};

/* Adds the objects that are asked. */
typedef int (*inner_register_function)(struct daemon *d, sd_bus *bus);

/* Returns 0 or a negative errno. */
int inner_new(struct daemon *d, inner_register_function register_objects, struct inner **ret);

/* Sets d->inner if it is not yet, or of no more use. Returns 0 or a negative errno. */
int inner_open(struct daemon *d);
struct inner *inner_free(struct inner *i);

/* Passes a method call on and waits for the answer, which takes no time. *ret may be an error. Returns 0 or
 * a negative errno. */
int inner_call(struct inner *i, sd_bus_message *call, sd_bus_message **ret);

/* The same for a call of Introspect. */
int inner_introspect(struct inner *i, const char *path, sd_bus_message **ret);

#endif
