/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_WALK_H
#define BASIC_WALK_H

/*
 * A walk through a directory tree that may be hostile, depth first: any depth with three descriptors and
 * without recursion. No symlink is followed, no mount entered (btrfs subvolumes are), and a directory that
 * is moved elsewhere while the walk is in it ends the walk (-ESTALE) instead of leading it astray.
 */

#include <stdbool.h>

struct walk;

/* Each returns a negative errno to end the walk with it. dir_fd is open for reading. */
struct walk_calls {
        /* For each entry of a directory when that is reached; type as readdir(3) tells it. Returns 1 for a
         * directory that is to be entered later, 0 for everything else. */
        int (*entry)(const struct walk *w, int dir_fd, const char *name, unsigned char type);
        /* Before the directory fd, name in dir_fd, is entered. Returns 1 to enter it, 0 to pass it over. */
        int (*enter)(const struct walk *w, int dir_fd, const char *name, int fd);
        /* When all in it has been visited. */
        int (*leave)(const struct walk *w, int dir_fd, const char *name);
        /* When the directory can't be opened (name; -EXDEV: a mount point) or read ("."). Returns 0 to go on
         * with what is left. */
        int (*fail)(const struct walk *w, int dir_fd, const char *name, int error);
        /* Give the owner access to directories first: for trees that are to be removed, by an owner without
         * privileges. */
        bool make_accessible;
};

/* Visits all below the directory fd (opened for reading, borrowed), not the directory itself. Returns 0 or a
 * negative errno: what a call returned, -ESTALE, -ENOMEM. */
int walk_directory(int fd, const struct walk_calls *calls, void *userdata);

void *walk_userdata(const struct walk *w);

/* The path, relative to where the walk began, of name in the directory that a call is about. Allocated, of
 * any length; NULL if out of memory. */
char *walk_path(const struct walk *w, const char *name);

/* Opens the directory name in dir_fd for reading, neither a symlink nor what is mounted there (-EXDEV).
 * make_accessible: see above. Returns a descriptor or a negative errno. */
int walk_open(int dir_fd, const char *name, bool make_accessible);

#endif
