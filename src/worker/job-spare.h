/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_JOB_SPARE_H
#define WORKER_JOB_SPARE_H

/*
 * Jobs for a spare worker: as bytes, for it was forked before there was a job, and with a connection to the
 * bus that is there already. Used by the daemon, through worker.h.
 */

struct job;
struct pack;
struct unpack;
struct worker_spare;

extern const struct worker_spare job_spare;

/* A job's arguments, all but the bus. job_unpack() leaves u->failed if they were bad; job_clear() frees what
 * it has set. */
void job_pack(struct pack *p, const struct job *j);
void job_unpack(struct unpack *u, struct job *ret);
void job_clear(struct job *j);

#endif
