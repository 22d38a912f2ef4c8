/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_OFFLINE_LINKS_H
#define PORTABLECTL_OFFLINE_LINKS_H

/* The links by which a unit was enabled that is not there any more: systemctl finds them by the unit's
 * [Install] section only, the service manager by their names. */

#include <stdbool.h>

struct client;

/* True if the unit file is in one of the attach directories. */
bool offline_unit_is_attached(const struct client *client, const char *unit);

/* Removes the links of that name from the directories of dependencies, persistent or, if the options say so,
 * runtime ones, and reports them. Best effort. */
void offline_remove_links(const struct client *client, const char *unit);

#endif
