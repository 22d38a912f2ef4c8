/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_DETACH_UNITS_H
#define PORTABLECTL_DETACH_UNITS_H

/* Which units detach has to stop, disable and clean before it removes them. */

struct client;
struct error;
struct request;

/*
 * The names of the units that are attached from the image (and extensions) of the request, those only that
 * match the prefixes, if prefixes were given (args). On this system the attach directories tell, so that the
 * image may be gone; on another one the image is asked for, and what of it is attached. *ret may be NULL for
 * none; owned by the caller, sorted as units_sort() does.
 */
int detach_units(struct client *client, char *const *args, struct request *request, char ***ret,
                 struct error *error);

/*
 * Adds to *ret what runs without a unit file, of what the image has by these prefixes, or by that of its
 * name: a reattach with other prefixes leaves such units, which what is attached does not tell of. None if
 * the image cannot be read.
 */
int detach_orphans(struct client *client, char *const *args, const struct request *request, char ***ret,
                   struct error *error);

#endif
