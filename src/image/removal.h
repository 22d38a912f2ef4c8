/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_REMOVAL_H
#define IMAGE_REMOVAL_H

/*
 * Removal of a whole directory tree, with the btrfs subvolumes in it. What is in the tree is hostile: no
 * link is followed, no file system but that of the tree touched, and no depth of it exhausts stack or
 * descriptors. Called by remove.c only.
 */

struct error;

/* How many levels are open at a time. */
#define REMOVAL_DEPTH_MAX 128

/* Looks for what would stop the removal half way: mount points, immutable and append-only files, down to
 * REMOVAL_DEPTH_MAX levels. The message has the path. parent_fd: the directory that has the tree name. */
int removal_check(int root_fd, int parent_fd, const char *name, struct error *error);

/* Removes the tree. */
int removal_run(int root_fd, int parent_fd, const char *name, struct error *error);

#endif
