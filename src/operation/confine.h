/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_CONFINE_H
#define OPERATION_CONFINE_H

/*
 * An image that is attached confined stays within its profile: what steps out of it is taken back by the
 * drop-in of the unit where that can be done, else the image is refused. The administrator demands it in
 * portabled.conf, or who attaches asks for it; who attaches cannot do with less than the administrator
 * demands.
 */

struct error;
struct operation;
struct operation_request;
struct prepared;
struct profile;

/* A profile that leaves root its powers has nothing to be stepped out of. 1, 0 or -ENOMEM. */
int profile_confines(const struct profile *profile);

/* Sets p->confine and p->resets. Errors: the image steps out, with all reasons; a configuration that cannot
 * be read or is not valid. After layers, units and profile are known. */
int confine_prepared(struct operation *o, const struct operation_request *request, struct prepared *p,
                     struct error *error);

#endif
