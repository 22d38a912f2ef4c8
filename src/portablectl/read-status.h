/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_READ_STATUS_H
#define PORTABLECTL_READ_STATUS_H

/* The status of attached images, for the verbs that show it or a part of it: files are read here, the daemon
 * reads what is in images, the service manager tells of units. */

struct client;
struct error;
struct image_status;
struct offline;
struct request;

/* Connects to both, or opens the tree of --root=; nobody is asked for a password. *ret is the tree of this
 * system, to be closed by offline_close(), and stays as it is with --root=, where client->offline is it.
 * ERROR_NOT_SUPPORTED for another system, in the name of the verb. */
int status_open(struct client *client, const char *verb, struct offline **ret, struct error *error);

/* As operation_status(). request NULL: of all that is attached. */
int status_read(struct client *client, struct offline *tree, const struct request *request,
                struct image_status *ret, struct error *error);

#endif
