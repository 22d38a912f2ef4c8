/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WORKER_JOB_H
#define WORKER_JOB_H

/*
 * The operations as worker functions: what the child does for each method, and how its result is laid out in
 * the reply. The reading twins are in portabled/reply.c, function by function in the same order.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "operation/operation.h"

struct error;
struct job_prepared;
struct pack;

/* One image of a call that takes several. */
struct job_image {
        const char *image;
        char **matches;
};

/* The arguments of a call, whatever the method. Strings belong to the caller. What is added here is to be
 * added to job_pack() and job_unpack() of job-spare.c, too, and a new function to the list there. */
struct job {
        const char *verb; /* "attach", "detach", "reattach" */
        struct job_image *images;
        size_t n_images;
        const char *image;
        char **extensions;
        char **matches;
        const char *profile;
        const char *copy_mode;
        uint64_t flags;
        bool read_only;
        uint64_t limit;
        uint32_t caller_uid;           /* for the log */
        bool debug;                    /* its debug level counts */
        enum operation_viewer viewer;  /* who asks */
        bool of_object;                /* asked of an image object: there must be such an image */
        struct job_prepared *prepared; /* job-spare.h; NULL: not in a spare */
};

/* All of type worker_function, argument is a struct job. */
int job_describe(const void *argument, struct pack *reply, struct error *error); /* the image, see job.c */
int job_names(const void *argument, struct pack *reply, struct error *error); /* strings: names of images */
int job_pool(const void *argument, struct pack *reply, struct error *error);  /* u64, u64: usage, limit */
int job_get_image(const void *argument, struct pack *reply, struct error *error); /* string: name */
int job_list(const void *argument, struct pack *reply, struct error *error);      /* count, images */
int job_os_release(const void *argument, struct pack *reply,
                   struct error *error); /* count, key and value strings */
int job_metadata(const void *argument, struct pack *reply,
                 struct error *error); /* path, release, extensions, units */
/* The same, and of the layers of the reader's cage those that held and those that did not (strv each). */
int job_inspect(const void *argument, struct pack *reply, struct error *error);
int job_state(const void *argument, struct pack *reply, struct error *error);     /* string: the nearest */
int job_own_state(const void *argument, struct pack *reply, struct error *error); /* string */
int job_version_state(const void *argument, struct pack *reply,
                      struct error *error); /* state, version ("": none), nearest */
int job_remove(const void *argument, struct pack *reply, struct error *error);         /* nothing */
int job_mark_read_only(const void *argument, struct pack *reply, struct error *error); /* nothing */
int job_set_limit(const void *argument, struct pack *reply, struct error *error);      /* nothing */
int job_set_pool_limit(const void *argument, struct pack *reply, struct error *error); /* nothing */

/*
 * Those that change units, in job-change.c. After the result comes what signals tell: a count, then for each
 * image that was changed the verb (u32, enum operation_verb), name, path, runtime (u32) and units.
 */
int job_attach(const void *argument, struct pack *reply, struct error *error);   /* changes */
int job_detach(const void *argument, struct pack *reply, struct error *error);   /* changes */
int job_reattach(const void *argument, struct pack *reply, struct error *error); /* changes, changes */
/* Several images: a count, then for each the image, error name and message ("" if none), changes removed and
 * updated, and warnings. */
int job_change(const void *argument, struct pack *reply, struct error *error);

/* At the daemon's start: finishes what crashed operations left. */
int job_recover(const void *argument, struct pack *reply, struct error *error); /* nothing */

/* Shared by job.c and job-change.c: opens the root and begins an operation; the request of a job for one
 * image; flags outside "allowed" refused. */
int job_begin(const struct job *j, struct operation *o, int *root_fd, bool online, struct error *error);
struct operation_request job_request(const struct job *j, const char *image, char **matches);
int job_check_flags(const struct job *j, uint64_t allowed, struct error *error);
/* An image that is gone can be detached by its name, but it has no object. */
int job_check_object(struct operation *o, const struct job *j, struct error *error);

#endif
