/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_JOB_H
#define WORKER_JOB_H

/*
 * The operations as worker functions: what the child does for each method, and how its result is laid out in
 * the reply. The reading twins are in portabled/reply.c, function by function in the same order.
 */

#include <stdbool.h>
#include <stdint.h>

struct error;
struct pack;

/* The arguments of a call, whatever the method. Strings belong to the caller. */
struct job {
        const char *image;
        char **extensions;
        char **matches;
        const char *profile;
        const char *copy_mode;
        uint64_t flags;
        bool read_only;
        uint64_t limit;
        uint32_t caller_uid; /* for the log */
};

/* All of type worker_function, argument is a struct job. */
int job_get_image(const void *argument, struct pack *reply, struct error *error); /* string: name */
int job_list(const void *argument, struct pack *reply, struct error *error);      /* count, images */
int job_os_release(const void *argument, struct pack *reply,
                   struct error *error); /* count, key and value strings */
int job_metadata(const void *argument, struct pack *reply,
                 struct error *error); /* path, release, extensions, units */
int job_state(const void *argument, struct pack *reply, struct error *error);          /* string */
int job_attach(const void *argument, struct pack *reply, struct error *error);         /* changes */
int job_detach(const void *argument, struct pack *reply, struct error *error);         /* changes */
int job_reattach(const void *argument, struct pack *reply, struct error *error);       /* changes, changes */
int job_remove(const void *argument, struct pack *reply, struct error *error);         /* nothing */
int job_mark_read_only(const void *argument, struct pack *reply, struct error *error); /* nothing */
int job_set_limit(const void *argument, struct pack *reply, struct error *error);      /* nothing */
int job_set_pool_limit(const void *argument, struct pack *reply, struct error *error); /* nothing */

/* At the daemon's start: finishes what crashed operations left. */
int job_recover(const void *argument, struct pack *reply, struct error *error); /* nothing */

#endif
