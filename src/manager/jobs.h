/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MANAGER_JOBS_H
#define MANAGER_JOBS_H

/*
 * Starting, stopping and restarting many units: all jobs are asked for at once, then waited for together.
 * Only blocking use: no other messages of the connection are lost, but they are dispatched in between.
 */

#include <stddef.h>
#include <systemd/sd-bus.h>

#include "basic/error.h"

struct manager_job {
        char *unit;
        const char *verb;   /* "start", "stop", "restart" */
        char *path;         /* job object; NULL if the manager refused the job */
        char *result;       /* "done", "failed", ...; NULL if not ended (yet). Source: JobRemoved in
                               org.freedesktop.systemd1(5) */
        struct error error; /* why it was refused */
};

/* Opaque: watches JobRemoved, from before the first job is asked for. */
struct manager_jobs;

struct wait;

/* wait: how long the answers and the ends of jobs are waited for, and who is told meanwhile; may be NULL,
 * else it must stay as long as the jobs. */
int manager_jobs_new(sd_bus *bus, const struct wait *wait, struct manager_jobs **ret, struct error *error);
struct manager_jobs *manager_jobs_free(struct manager_jobs *jobs);
void cleanup_manager_jobsp(struct manager_jobs **jobs);
#define _cleanup_manager_jobs_ __attribute__((cleanup(cleanup_manager_jobsp)))

/* Asks for one job a unit, in job mode "replace", and waits for the answers, not for the jobs. In one call
 * where the manager has EnqueueUnitJobMany() (262 or newer) and takes them all, else in one call a unit,
 * sent without waiting in between. verb is a string constant as in struct manager_job. That a unit is
 * refused is not an error of this function: see manager_jobs_get(). Units may be named twice, or by an
 * alias, too: the entries then share a job, and its result. */
int manager_jobs_submit(struct manager_jobs *jobs, const char *verb, char *const *units,
                        struct error *error);

/* Waits until all jobs have ended, or fails with ERROR_TIMEOUT (see manager/wait.h). Results are in
 * manager_jobs_get(). */
int manager_jobs_wait(struct manager_jobs *jobs, struct error *error);

/* All jobs asked for so far, in order; owned by jobs, valid until the next submit. */
const struct manager_job *manager_jobs_get(const struct manager_jobs *jobs, size_t *ret_n);

#endif
