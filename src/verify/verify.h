/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

/*
 * Everything about an image that would make attach refuse it, or its services fail, found all at once,
 * without attaching it and without a service manager.
 */

#include <stdbool.h>

#include "dissect/stack.h"
#include "verify/findings.h"

struct error;
struct operation;
struct operation_request;
struct settings;

struct verify_options {
        const struct operation_request *request;
        bool default_prefix; /* matches follow from the name of the image: others may be meant */
        bool here;           /* services would start on this machine, not on another one from a tree */
        const struct settings *known; /* to the service manager; NULL: not known */
};

struct verification {
        char *path;          /* of the image, NULL if it was not found */
        char **prefixes;     /* those that count in the end */
        char **units;        /* that match */
        char *policy;        /* the image policy that an attach pins; NULL for directories */
        struct stack layers; /* of an image in layers, as mstack_look() tells of them */
        struct findings findings;
};

void verification_clear(struct verification *v);
#define _cleanup_verification_ __attribute__((cleanup(verification_clear)))

/* Bad images are findings. Errors: out of memory, and what keeps us from looking at all (ERROR_SYSTEM with
 * EACCES or EPERM). */
int verify_image(struct operation *o, const struct verify_options *options, struct verification *ret,
                 struct error *error);

#endif
