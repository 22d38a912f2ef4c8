/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_CHILD_H
#define WORKER_CHILD_H

/* The child's side of a worker: from the fork to the one answer. A request for a spare,
 * as an answer, is sent behind its length (answer.h). */

#include <signal.h>

#include "worker/worker.h"

/* Ends a child that was cancelled, by its default action, until worker_commit() holds it back. */
#define WORKER_CANCEL_SIGNAL SIGUSR1

/* Runs in the child and never returns. request: NULL in a spare, which waits for it. */
void __attribute__((noreturn)) child_run(const struct worker_kind *kind, const void *userdata,
                                         const struct pack *request, int fd, int kept_fd);

#endif
