/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_RELOAD_H
#define PORTABLECTL_RELOAD_H

/* The reload of the service manager after a change of unit files: by --reload=, and where it is needed. */

struct change_list;
struct client;
struct error;

/* removed, updated: all that was changed. With --reload=auto nothing is done if the service manager proves
 * (manager/current.h) that it goes by them. Returns 0 or a negative errno with *error set. */
int reload_for_changes(struct client *client, const struct change_list *removed,
                       const struct change_list *updated, struct error *error);

/* The reload itself, whatever --reload= says. */
int reload_always(struct client *client, struct error *error);

#endif
