/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_LIST_ROWS_H
#define PORTABLECTL_LIST_ROWS_H

/* What "list" tells of images beyond the answer of the daemon, which is the same from every daemon. */

struct client;
struct error;
struct list_choice;
struct image_table;

/* Adds the images that are attached and whose file is gone, which only this system's directories tell. */
int list_add_missing(struct client *client, struct image_table *t, struct error *error);

/* Fills in profile and path of the rows, as far as they are wanted. Profiles are known of this system
 * only; a row of what is not attached, or attached without any, has none. */
int list_add_details(struct client *client, const struct list_choice *choice, struct image_table *t,
                     struct error *error);

#endif
