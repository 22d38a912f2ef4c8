/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_REQUEST_H
#define PORTABLECTL_REQUEST_H

/* What most verbs start with: an image argument, the extensions of the options, and prefixes, in the form
 * that the daemon takes. */

#include <stdbool.h>

#include "portablectl/daemon.h"

struct client;
struct error;

struct request {
        const char *typed; /* the argument, for messages */
        char *image;       /* name or absolute path */
        char **extensions; /* never NULL */
        char **prefixes;   /* empty: all units */
        char **units;      /* unit files in the place of the image's own; NULL: none */
        bool default_prefix;
        char *profile;         /* name or absolute path; NULL until request_profile() */
        const char *copy_mode; /* as on the bus; NULL: that of the options */
};

/* One image argument: its name, or a path as the system that is worked on knows it. flags as in image-arg.h.
 */
int request_resolve(const struct client *client, const char *arg, unsigned flags, char **ret,
                    struct error *error);

/* Image and extensions. flags: IMAGE_ARG_MAY_MISS or 0. */
int request_image(const struct client *client, const char *arg, unsigned flags, struct request *ret,
                  struct error *error);

/* Adds the prefixes from the further arguments (may be empty), and says on standard error which they are,
 * unless told to be quiet. */
int request_prefixes(const struct client *client, char *const *args, struct request *request,
                     struct error *error);

/* Replaces the prefixes, and says so. */
int request_set_prefixes(const struct client *client, const char *list, struct request *request,
                         struct error *error);

/*
 * After a failure: if the prefix was only made up from the name, and nothing in the image has it or it is
 * not one that the image allows, takes those that the image names itself (PORTABLE_PREFIXES= of its
 * os-release), and says so. Returns 1 if there is something to try again, 0 if not, or a negative errno.
 */
int request_prefixes_from_image(struct client *client, struct request *request, const struct error *failure,
                                struct error *error);

/* Adds the profile of the options. */
int request_profile(const struct client *client, struct request *request, struct error *error);

/* The request of what only reads the image, with what the options say. Strings stay those of request. */
struct operation_request request_to_read(const struct client *client, const struct request *request);

/* The request as attach and reattach send it, with what the options say. Strings stay those of client and
 * request. */
struct operation_request request_to_attach(const struct client *client, const struct request *request);

/* Likewise for detach, which is not asked for by prefixes. */
struct operation_request request_to_detach(const struct client *client, const struct request *request);

void request_clear(struct request *request);
#define _cleanup_request_ __attribute__((cleanup(request_clear)))

#endif
