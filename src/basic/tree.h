/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_TREE_H
#define BASIC_TREE_H

/*
 * Removal of whole trees, hostile ones too: images, their copies, and what a crash left in a work directory.
 * Any depth, with few descriptors; symlinks are not followed and mounts not entered (-EXDEV), btrfs
 * subvolumes go with the rest.
 */

/* Removes all that is in the directory fd (opened for reading), not the directory itself. Goes on after an
 * error and returns the first, a negative errno, or 0. */
int tree_empty(int fd);

/* Removes name in dir_fd, be it a file or a tree. What is gone already counts as removed. Goes on after an
 * error. Returns 0 or a negative errno. */
int tree_remove(int dir_fd, const char *name);

/* Removes the directory fd (opened for reading) that is called name in dir_fd, with all in it, and stops at
 * the first error. *ret_failed: the path below name of what could not be removed, "" for name itself; owned
 * by the caller; NULL if out of memory. Returns 0 or a negative errno: -ESTALE if name is another file by
 * now or directories were moved about meanwhile, -EXDEV for a mount point. */
int tree_remove_directory(int dir_fd, const char *name, int fd, char **ret_failed);

#endif
