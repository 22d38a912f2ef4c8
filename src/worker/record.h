/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_RECORD_H
#define WORKER_RECORD_H

/* The journal records of operations: one line for people, PORTABLE_* fields for programs
 * (systemd-portabled.service(8)). */

#include <stddef.h>

#include "operation/operation.h"

struct record;

/* Records wait in a queue, since somebody waits for an answer first. Zero-initialise. */
struct record_queue {
        struct record **items;
        size_t n;
};

/* Sends and frees them. */
void record_queue_flush(struct record_queue *q);

/* One record for an attach or detach of one image that was done, or (its error is set) for what was refused;
 * two for a reattach that was done, of what was detached and attached; and one for each warning. */
void record_operation(struct record_queue *q, enum operation_verb verb,
                      const struct operation_request *request, const struct operation_result *result);

/* The lines of an operation, and at debug level its details. */
void record_lines(struct record_queue *q, const struct operation *o);

#endif
