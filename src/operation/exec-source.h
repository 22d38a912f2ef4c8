/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_EXEC_SOURCE_H
#define OPERATION_EXEC_SOURCE_H

/* What a command in an image is confined by: the drop-ins of a service that is attached from the image, or,
 * if there is none, those that an attach would make. */

#include <stdbool.h>

struct error;
struct operation;
struct operation_request;

struct exec_source {
        char *profile; /* text of the profile, "" for none */
        char *dropin;  /* text of 20-portable.conf */
};

void exec_source_clear(struct exec_source *s);
#define _cleanup_exec_source_ __attribute__((cleanup(exec_source_clear)))

/* own_profile: that of the request counts more than that of what is attached. Errors: those of attach; an
 * image without any service, or one that is gone. */
int exec_source_read(struct operation *o, const struct operation_request *request, bool own_profile,
                     struct exec_source *ret, struct error *error);

#endif
