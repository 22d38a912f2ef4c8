/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_REATTACH_KEEP_H
#define PORTABLECTL_REATTACH_KEEP_H

/* A reattach keeps what its attach was asked for: profile, copy mode and prefixes, unless others are given.
 * They are told by the files in the attach directories. */

struct client;
struct error;
struct request;

/* Sets profile and copy mode of the request, and *ret_prefixes (owned by the caller, NULL: the usual ones),
 * from the units of its image that are attached; says what is kept, unless that is usual, and what changes.
 * On another system nothing can be seen, and nothing is set but what the options say. That nothing is
 * attached is left to the reattach to find. */
int reattach_keep(struct client *client, struct request *request, char ***ret_prefixes, struct error *error);

#endif
