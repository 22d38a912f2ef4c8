/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_OFFLINE_ENABLE_H
#define PORTABLECTL_OFFLINE_ENABLE_H

/* --enable with --root=: what the service manager would do over the bus "systemctl --root=" does on the
 * tree. */

#include <stdbool.h>

struct client;

/* Enables or disables units (names or paths), one after the other; reports what is done, with the paths
 * inside the tree, and what fails. Returns 0 or -EIO. */
int offline_enable(struct client *client, char *const *units, bool enable);

/* Removes and reports what enables a unit without a call of systemctl: links of its name in the attach
 * directories, persistent or, if the options say so, runtime ones. Best effort. */
void offline_remove_links(const struct client *client, const char *unit);

#endif
