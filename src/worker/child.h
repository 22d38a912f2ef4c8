/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_CHILD_H
#define WORKER_CHILD_H

/*
 * The child's side of a worker: from the fork to the one answer. Called by worker.c only. What travels over
 * the socket, either way, begins with its length.
 */

#include "worker/worker.h"

struct pack;

enum reply_kind {
        REPLY_ERROR = 0,
        REPLY_RESULT = 1,
};

/* A message, begun with room for its length, which message_finish() fills in. Both leave p->failed. */
void message_begin(struct pack *p);
void message_finish(struct pack *p);

/* Both run in the child and never return: a worker that has its job, and one that waits for it. */
void __attribute__((noreturn))
child_run(worker_function function, const void *argument, int fd, int kept_fd);
void __attribute__((noreturn)) child_run_spare(const struct worker_spare *spare, int fd, int kept_fd);

#endif
