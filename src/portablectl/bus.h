/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_BUS_H
#define PORTABLECTL_BUS_H

/* The connection to the system's bus, here, on another host, or in a container; or to that of a user, whose
 * layout becomes the client's. */

struct client;
struct error;

/* Opens client->bus, unless that was done before. Messages allow interactive authorisation if the options
 * do. */
int client_connect(struct client *client, struct error *error);

/* Closes it, everything that was sent included. */
void client_disconnect(struct client *client);

#endif
