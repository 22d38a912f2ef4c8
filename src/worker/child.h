/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_CHILD_H
#define WORKER_CHILD_H

/* The child's side of a worker: from the fork to the one answer. Called by worker.c only. A job, as an
 * answer, is sent behind its length (answer.h). */

#include <signal.h>

#include "worker/worker.h"

/* Ends a child that was cancelled, by its default action, until worker_commit() holds it back. */
#define WORKER_CANCEL_SIGNAL SIGUSR1

/* Both run in the child and never return: a worker that has its job, and one that waits for it. */
void __attribute__((noreturn))
child_run(worker_function function, const void *argument, int fd, int kept_fd);
void __attribute__((noreturn)) child_run_spare(const struct worker_spare *spare, int fd, int kept_fd);

#endif
