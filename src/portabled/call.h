/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_CALL_H
#define PORTABLED_CALL_H

/*
 * The way of every method call: read the arguments, ask polkit if need be, run the job in a worker, reply.
 * What differs between methods is a row in the table of call.c. Nothing here waits.
 */

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "worker/job.h"
#include "worker/worker.h"

struct daemon;
struct method;

struct call {
        struct daemon *daemon;
        struct call *next, *previous; /* in daemon->calls */
        const struct method *method;
        sd_bus_message *message;
        struct job job;     /* strings owned by message, strv by the call */
        const char *action; /* what polkit was asked for; NULL: nothing */
        char *image;        /* owned; of the object path, for Image methods, or a path put right */
};

/* The handler of all methods of all interfaces, as sd_bus_message_handler_t. userdata: struct daemon. */
int call_handle(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* A filter (sd_bus_message_handler_t) that answers Properties.Get of the image property State, which needs
 * the service manager and so a worker; all other messages go on. userdata: struct daemon. */
int call_handle_property(sd_bus_message *m, void *userdata, sd_bus_error *error);

struct call *call_free(struct call *c);

/* Replies with an error and ends the call. */
void call_fail(struct call *c, const struct error *error);

/* Goes on after authorisation: starts the worker. */
void call_start(struct call *c);

#endif
