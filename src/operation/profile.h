/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_PROFILE_H
#define OPERATION_PROFILE_H

/* Security profiles: single files "*.conf" for services, by path, or directories NAME/ with a drop-in for
 * each kind of unit ("service.conf") in the profile directories below /etc, /run, /usr/local/lib and
 * /usr/lib, the first that has a file wins. */

#include <stddef.h>

#include "plan/attach.h"

struct error;
struct layout;

struct profile {
        char *name;                      /* as it was asked for */
        struct plan_profile_part *parts; /* strings owned by it */
        size_t n;
};

void profile_clear(struct profile *p);
#define _cleanup_profile_ __attribute__((cleanup(profile_clear)))

/* Reads a profile; "" or NULL means "default", an absolute path a file of one's own with the drop-in for
 * services. Errors: ERROR_INVALID_ARGS for a name that is none, a profile that is found nowhere (the message
 * lists those there are), or a path that is not normalised, or not of a regular file "*.conf". */
int profile_read(int root_fd, const struct layout *layout, const char *name, struct profile *ret,
                 struct error *error);

/* What a profile is for: the first line of comment in its first file, without the "#". *ret is owned by the
 * caller, NULL if there is none. Returns 0 or -ENOMEM. */
int profile_get_description(const struct profile *p, char **ret);

/* The names of all profiles, sorted. strv owned by the caller, never NULL. */
int profile_list(int root_fd, const struct layout *layout, char ***ret, struct error *error);

#endif
