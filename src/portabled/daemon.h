/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_DAEMON_H
#define PORTABLED_DAEMON_H

/*
 * The daemon's life: connect, own the name, serve, leave. It does no file system work on images; calls
 * become operations in worker processes. All state is in struct daemon, which main() owns.
 */

#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define DAEMON_IDLE_SECONDS   30U
#define DAEMON_POLKIT_SECONDS 5U /* how long a daemon that is told to stop waits for polkit */

/* How long somebody may take to answer a question of polkit, if PORTABLED_POLKIT_TIMEOUT= does not say. */
#define DAEMON_POLKIT_ANSWER_SECONDS 300U

#include "portabled/vtable.h"

struct call;
struct inner;
struct worker_pool;

enum {
        VTABLE_MANAGER,
        VTABLE_IMAGE,
        VTABLE_OWN,
        VTABLE_MAX,
};

struct daemon {
        sd_event *event;
        sd_bus *bus;
        struct worker_pool *pool;
        sd_event_source *idle;
        int root_fd, network_fd;
        const struct layout *layout;
        sd_event_source *turn, *late_turn, *hold; /* private to places.c */
        struct call *calls;                       /* all of them */
        size_t n_calls;                           /* calls being authorised or worked on */
        size_t n_late;         /* those of them that came after the daemon was told to stop */
        sd_event_source *stop; /* gives the name back, outside of the dispatching of messages */
        sd_event_source *give_up;
        bool leaving;            /* told to stop */
        bool nameless;           /* the name was given back; exit when the last call is answered */
        struct inner *inner;     /* see inner.h */
        bool stay;               /* idle or not */
        uint64_t n_questions;    /* to polkit, ever */
        unsigned polkit_seconds; /* within which they must be answered */
        bool recovering, recover_again;
        struct vtable vtables[VTABLE_MAX]; /* see objects.h */
};

/* Connects and claims the name. Errors are logged. Returns 0 or a negative errno. */
int daemon_begin(struct daemon *d);

/* Serves until idle or told to stop. */
int daemon_run(struct daemon *d);
void daemon_end(struct daemon *d);

/* A call begins or ends: the idle clock is set anew. late: it began when the daemon was leaving already. */
void daemon_call_begin(struct daemon *d, bool late);
void daemon_call_end(struct daemon *d, bool late);

/* Finishes what a crashed operation left, in a worker: at the start, before the first call can come, and
 * when a worker died. If there is one at work, or no place, another follows. Operations that come meanwhile
 * wait until it is done (places_hold()), so that none sees half of what broke off. Errors are logged. */
int daemon_recover(struct daemon *d);

/*
 * Exit when the calls under way are done. Until then the name is kept and further calls are answered, so
 * that nobody waits for a slow one; then the name is given back, what has come by then is answered, too, and
 * whoever comes later starts the next daemon.
 */
void daemon_leave(struct daemon *d);

#endif
