/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_AGENT_H
#define PORTABLECTL_AGENT_H

/* polkit's text agent beside us, so that somebody at a terminal can be asked for a password. */

struct client;

/* Starts pkttyagent and waits until it is registered, if that can be of use: on a terminal, not root, not
 * forbidden by --no-ask-password, on this system. That it can't be run is not an error: then nobody is
 * asked. */
void agent_open(struct client *client);

/* Ends it; does nothing if there is none. */
void agent_close(struct client *client);

#endif
