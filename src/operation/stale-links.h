/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_STALE_LINKS_H
#define OPERATION_STALE_LINKS_H

/* The links by which a unit was enabled that is not there any more: systemctl finds them by the unit's
 * [Install] section only, the service manager by their names. */

#include <stdbool.h>

struct operation;

/* True if the unit file is in one of the attach directories. */
bool stale_links_has_unit(const struct operation *o, const char *unit);

/* Removes the links of that name from the directories of dependencies, persistent or runtime ones. Best
 * effort: *ret (strv, owned by the caller) has the paths of those that are gone. */
void stale_links_remove(const struct operation *o, const char *unit, bool runtime, char ***ret);

#endif
