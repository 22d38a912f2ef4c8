/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_MOUNT_TABLE_H
#define IMAGE_MOUNT_TABLE_H

/*
 * What is mounted, read by libmount. To load that takes longer than most commands do, so it is loaded when
 * there is a file system of a type that it must be asked about.
 */

#include <stdbool.h>

/* Whether anything is mounted whose answers come from elsewhere than a disk of this machine: from a server
 * in the network, or from a process (FUSE). path: a table as proc_pid_mountinfo(5) has it. True if that
 * can't be told. */
bool mount_table_has_remote(const char *path);

#endif
