/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

/*
 * An operation in a process of its own: whatever an image or a file system does to it (stall, crash, memory)
 * happens there, and the daemon's loop goes on. The child does what one packed request says and sends one
 * reply over a socket; the parent is told when the child is gone. A child that dies without a reply, or
 * sends nonsense, is a clear error for its caller and for nobody else. Before its reply the child may tell
 * how far it is, and for what it waits.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct error;
struct pack;
struct unpack;
struct worker;
struct worker_pool;

/*
 * What workers do, all in the child. One that was started for a request has it already; a spare was started
 * before there was one, and gets it later: it saves the next caller the fork and the first page faults.
 */
struct worker_kind {
        /* At once. What it returns is handed to the others. userdata: of the pool. */
        void *(*prepare)(bool spare, const void *userdata);
        /* Does what was packed. Fills reply on success. */
        int (*run)(void *prepared, struct unpack *request, struct pack *reply, struct error *error);
        /* Some time after the answer: what nobody waits for. */
        void (*finish)(void *prepared);
};

/* Runs in the parent, once. Either reply is set, to be read and finished (unpack_finish()), or error is; its
 * errnum is EPROTO if the child died without an answer, ECANCELED if it was cancelled. */
typedef void (*worker_done)(struct unpack *reply, struct error *error, void *userdata);

/* Runs in the parent, any number of times before worker_done: what worker_tell_progress() was given in the
 * child; what is printable. */
typedef void (*worker_progress)(const char *what, uint64_t done, uint64_t total, void *userdata);

/* Likewise, what worker_tell_wait() was given. */
typedef void (*worker_wait)(const char *what, void *userdata);

/* Runs in the parent, each time a worker's process is gone and so another one may be started. */
typedef void (*worker_freed)(void *userdata);

/*
 * SIGCHLD must be blocked. kind and its userdata must stay. max: workers at the same time, each counted from
 * its start until its process is gone and nothing of it is held any more. What they have to say and their
 * end are dispatched before all that has the normal priority: what ends must be out of the way before new
 * work is taken in.
 */
int worker_pool_new(sd_event *event, size_t max, const struct worker_kind *kind, const void *userdata,
                    struct worker_pool **ret);
struct worker_pool *worker_pool_free(struct worker_pool *p);

void worker_pool_on_freed(struct worker_pool *p, worker_freed freed, void *userdata);

/* From now on workers keep a copy of this descriptor, under the number WORKER_KEPT_FD. */
#define WORKER_KEPT_FD 4
void worker_pool_keep(struct worker_pool *p, int fd);

/* From now on there shall be a spare whenever the event loop has had a moment's rest. */
void worker_pool_keep_spare(struct worker_pool *p);

/* What the processes are called (PR_SET_NAME). */
#define WORKER_NAME       "portabled-work"
#define WORKER_SPARE_NAME "portabled-spare"

/* How many there are: all of them, and those of one owner (struct worker_task). */
size_t worker_pool_held(const struct worker_pool *p);
size_t worker_pool_held_by(const struct worker_pool *p, uint32_t owner);

struct worker_task {
        const struct pack *request; /* must stay until worker_start() returns, no longer */
        worker_progress progress;   /* NULL: nobody cares */
        worker_wait wait;           /* NULL: likewise */
        worker_done done;
        void *userdata; /* of the three above */
        uint32_t owner; /* whose it is, for worker_pool_held_by() */
};

/* Starts one. *ret (may be NULL) may be used until done() has been called. ERROR_LIMITS_EXCEEDED if there
 * are max already. */
int worker_start(struct worker_pool *p, const struct worker_task *task, struct worker **ret,
                 struct error *error);

/*
 * Nobody wants its answer any more: ends it, unless it has called worker_commit(), after which it ends when
 * it sees fit. done() is called in either case; errnum is ECANCELED if it was ended.
 */
void worker_cancel(struct worker *w);

/* In the child, from within run(): from now on it is not ended when it is cancelled. False if it has
 * been: then it should not go on with what it has not begun. */
bool worker_commit(void);

/* In the child, from within run(): tells the parent, unless that is too busy to listen just now. The
 * operation goes on in either case. */
void worker_tell_progress(const char *what, uint64_t done, uint64_t total);
void worker_tell_wait(const char *what);

#endif
