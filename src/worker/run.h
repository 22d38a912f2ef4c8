/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_RUN_H
#define WORKER_RUN_H

/* What a worker does: runs the operation of a packed request (wire/request.h), leaves its records in the
 * journal, and packs those results that the method has. userdata of the pool: the struct layout by which it
 * goes. */

#include "worker/worker.h"

extern const struct worker_kind operation_worker;

#endif
