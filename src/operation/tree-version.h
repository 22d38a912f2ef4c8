/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_TREE_VERSION_H
#define OPERATION_TREE_VERSION_H

/* Which systemd an operating system's tree will boot with, without running anything of it: told by the name
 * of its private library, "libsystemd-shared-257.so". */

/* The version; of several the oldest, whose settings all know. 0 if it can't be told. */
unsigned tree_manager_version(int root_fd);

#endif
