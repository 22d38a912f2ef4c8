/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_UNITS_H
#define PORTABLECTL_UNITS_H

/*
 * What --enable, --now and --clean do to the units of an image. Each function reports what it did and what
 * failed, unit by unit, and goes on with the other units; what it returns says whether something failed.
 */

#include <stdbool.h>

struct change_list;
struct client;
struct error;
struct install_images;
struct layout;

/* The paths of the unit files among changes, those removed or those made; drop-ins and links to images are
 * left out. Sorted so that what triggers comes before what it triggers: sockets first, services last. *ret
 * may be NULL for none. */
int units_from_changes(const struct layout *layout, const struct change_list *changes, bool removed,
                       char ***ret, struct error *error);

/* Sorts names or paths in that order, in place. */
void units_sort(char **units);

/* images: that the units are of. paths: of unit files. Returns 0 or -EIO. */
int units_enable(struct client *client, const struct install_images *images, char *const *paths);
/* names: unit names or paths. images: NULL if the files are gone. One that cannot be disabled without a unit
 * of the host is left to the detach, which removes its links in the attach directories, and said. */
int units_disable(struct client *client, const struct install_images *images, char *const *units);

enum units_instances {
        INSTANCES_NONE,
        INSTANCES_ACTIVE,
        INSTANCES_KNOWN, /* to the manager, such as failed ones, too */
};

/* The names of units (names or paths), sorted, with instances in the place of templates. *ret may be NULL.
 */
int units_expand(struct client *client, char *const *units, enum units_instances instances, char ***ret,
                 struct error *error);

/* Asks for jobs ("start", "stop", "restart") for all units (names or paths) at once, and waits for them if
 * told to. Of a template its running instances are meant, for "start" nothing. What keeps the whole from
 * going on, such as the end of --timeout=, is *error. */
int units_run(struct client *client, const char *verb, char *const *units, bool wait, struct error *error);

/* The same, and waits; that they failed, and their start limits, is forgotten before, but for "stop". */
int units_run_anew(struct client *client, const char *verb, char *const *units, struct error *error);

/* After a change of their files: restarts what is active, and starts the rest but for what timers, sockets
 * and paths among the units start. That they failed, and their start limits, is forgotten before. */
int units_restart(struct client *client, char *const *units, bool wait, struct error *error);

/* CleanUnit of all services; names as units_expand() gives them. */
int units_clean(struct client *client, char *const *units);

#endif
