/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_OFFLINE_STATES_H
#define OPERATION_OFFLINE_STATES_H

/* Which units are enabled in a tree whose service manager does not run: read from the links that enabling
 * makes. Source: systemctl(1), "enable" and "is-enabled". */

struct error;
struct layout;
struct name_set;

/*
 * Names that are wanted, required or upheld by another unit, that have an alias, or that are masked, by
 * links in the configuration directories of the tree. Units that only name others to be enabled (Also=) are
 * not told. Errors: ERROR_SYSTEM for a directory that can't be read.
 */
int offline_enabled_read(int root_fd, const struct layout *layout, struct name_set **ret,
                         struct error *error);

#endif
