/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_REMOVAL_H
#define IMAGE_REMOVAL_H

/*
 * Removal of a whole directory tree, with the btrfs subvolumes in it. What is in the tree is hostile: see
 * basic/tree.h for how it goes, this is what must be right before, and the words for what goes wrong.
 */

struct error;

/* Opens the tree name in the directory parent_fd. path: that of the tree, for messages, here and below.
 * Refused are a mount point (EBUSY) and what carries an attribute that keeps it from being removed (EPERM).
 * *ret_fd is open for reading. */
int removal_open(int parent_fd, const char *name, const char *path, int *ret_fd, struct error *error);

/* Looks for what would stop the removal of the tree fd half way, in any depth: mount points, immutable and
 * append-only files. The message has the path. */
int removal_check(int fd, const char *path, struct error *error);

/* Removes the tree fd if that is still called name. What is mounted in it after the check stays, and stops
 * the removal. */
int removal_run(int parent_fd, const char *name, int fd, const char *path, struct error *error);

#endif
