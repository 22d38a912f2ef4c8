/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_TREE_H
#define BASIC_TREE_H

/* Removal of whole trees, hostile ones too: image copies, and what a crash left in a work directory. */

/* Removes all that is in the directory fd (opened for reading), not the directory itself. Any depth, with
 * few descriptors; symlinks are not followed and mounts not entered (-EXDEV). Goes on after an error and
 * returns the first, a negative errno, or 0. */
int tree_empty(int fd);

/* Removes name in dir_fd, be it a file or a tree. What is gone already counts as removed. Returns 0 or a
 * negative errno. */
int tree_remove(int dir_fd, const char *name);

#endif
