/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_RECORD_H
#define WORKER_RECORD_H

/* The journal records of operations: one line for people, PORTABLE_* fields for programs
 * (systemd-portabled.service(8)). */

#include <stddef.h>

#include "operation/operation.h"

struct job;
struct record;

/* Records that are sent later, because someone waits for an answer now. Zero-initialise. */
struct record_queue {
        struct record **items;
        size_t n;
};

/* Sends and frees them. */
void record_queue_flush(struct record_queue *q);

/* All below send at once, or leave it to the queue of the job, if that has one. */

/* One record for an attach or detach of one image that was done, or (its error is set) for what was refused;
 * two for a reattach that was done, of what was detached and attached; and one for each warning. */
void record_operation(enum operation_verb verb, const struct job *job,
                      const struct operation_request *request, const struct operation_result *result);

/* Plain lines: recovered transactions. */
void record_messages(const struct job *job, char *const *messages);

/* Those of an operation, and at debug level its details. */
void record_lines(const struct job *job, const struct operation *o);

#endif
