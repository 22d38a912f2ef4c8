/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_JOB_SPARE_H
#define WORKER_JOB_SPARE_H

/*
 * Jobs for a spare worker: as bytes, for it was forked before there was a job, and with a connection to the
 * bus that is there already. Used by the daemon, through worker.h.
 */

#include <systemd/sd-bus.h>

#include "worker/record.h"

struct job;
struct pack;
struct unpack;
struct worker_spare;

/* What a spare has for its job. */
struct job_prepared {
        sd_bus *bus;                 /* NULL: none */
        struct record_queue records; /* sent when the caller has its answer */
};

extern const struct worker_spare job_spare;

/* A job's arguments, all but what is prepared. job_unpack() leaves u->failed if they were bad; job_clear()
 * frees what it has set. */
void job_pack(struct pack *p, const struct job *j);
void job_unpack(struct unpack *u, struct job *ret);
void job_clear(struct job *j);

#endif
