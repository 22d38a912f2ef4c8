/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_CALL_H
#define PORTABLED_CALL_H

/*
 * The way of every method call: read the arguments, ask polkit if need be, run the operation in a worker,
 * reply. What differs between methods is in their table, wire/methods.h. Nothing here waits.
 */

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "wire/methods.h"
#include "wire/request.h"
#include "wire/result.h"
#include "worker/worker.h"

struct call;
struct daemon;

/* Makes the answer of something that is not a method: appends to m, or returns a negative errno, and then
 * may have set e. */
typedef int (*answer_function)(struct call *c, const struct result *result, sd_bus_message *m,
                               sd_bus_error *e);

struct call {
        struct daemon *daemon;
        struct call *next, *previous; /* in daemon->calls */
        const struct method *method;
        answer_function answer; /* NULL: the results of the method */
        sd_bus_message *message;
        bool fresh; /* nothing has been done for it, not even been asked who calls */
        bool ask;   /* polkit is to be asked */
        /* At most one of these is set: whose it is is looked up, polkit is asked, it waits for a place, or
         * it is worked on. */
        sd_bus_slot *lookup, *question;
        sd_event_source *patience;
        struct worker *worker;
        uint64_t question_id;             /* by which polkit's question can be withdrawn */
        size_t size;                      /* bytes that its arguments take */
        bool late;                        /* it came when the daemon was leaving */
        struct operation_request request; /* owned */
        const char *action;               /* what polkit was asked for; NULL: nothing */
};

/* The handler of all methods of all interfaces, as sd_bus_message_handler_t. userdata: struct daemon. */
int call_handle(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* A filter (sd_bus_message_handler_t) that answers Properties.Get of the image property State, and GetAll of
 * its interface, which need the service manager and so a worker; all other messages go on. userdata: struct
 * daemon. */
int call_handle_property(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* A call by hand, for what is not a method of the tables; fill its request and set its answer, then
 * call_begin() it. NULL if out of memory. */
struct call *call_new(struct daemon *d, sd_bus_message *m, const struct method *method);
struct call *call_free(struct call *c);

/* Lets the call into a worker when it may be and its turn comes (places.h), or fails it. */
void call_begin(struct call *c);

/* Replies with an error and ends the call. */
void call_fail(struct call *c, const struct error *error);

/* The first step of a call whose turn it is. */
void call_go(struct call *c);

/* Starts the worker; there must be a place for it (places.h). */
void call_run(struct call *c);

/* Nobody wants the answer any more: a call that has not begun ends now, one that is worked on as soon as
 * its worker has stopped, or has gone on to the end if there was no way back (worker_cancel()). gone: there
 * is nobody to be told. */
void call_cancel(struct call *c, bool gone);

#endif
