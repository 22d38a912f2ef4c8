/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_CHASE_H
#define BASIC_CHASE_H

/*
 * A path in an image, followed by hand: where it really leads, without /proc (the reader has none) and with
 * the kernel's own guard (RESOLVE_IN_ROOT) under every step.
 */

#include <stddef.h>
#include <sys/stat.h>

#define CHASE_SYMLINKS_MAX 40U /* followed for one path; documented in portablectl(1) */

/*
 * Follows path from the root of the tree; symlinks, absolute ones too, stay inside. *ret_path is the
 * canonical path in the tree ("/usr/lib/os-release", allocated), *ret_stat (may be NULL) what is there; no
 * file is opened but with O_PATH. Returns 0 or a negative errno: -ENOENT (missing, or a symlink to something
 * missing), -ENOTDIR (a component is not a directory), -ELOOP (more than CHASE_SYMLINKS_MAX symlinks),
 * -ENAMETOOLONG, -ENOMEM and what openat2(2) says.
 */
int chase_in_root(int root_fd, const char *path, char **ret_path, struct stat *ret_stat);

/*
 * Opens a canonical path that chase_in_root() returned, read-only and never blocking; no symlink is
 * followed. flags: O_DIRECTORY or 0. Returns a descriptor; -EBADFD if it is neither a regular file nor a
 * directory (it was swapped), or a negative errno.
 */
int chase_open(int root_fd, const char *canonical, int flags);

/* "a directory", "a FIFO", "a device node"...: what is there instead of a regular file. */
const char *file_type_name(mode_t mode);

#endif
