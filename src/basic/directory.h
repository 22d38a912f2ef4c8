/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_DIRECTORY_H
#define BASIC_DIRECTORY_H

/* The entries of one directory, to the last: that it can't be read on is never taken for its end. For a tree
 * see basic/walk.h. */

#include <dirent.h>

/* Takes fd over in every case; what is a negative errno is returned. Returns 0 or a negative errno. */
int directory_take(int fd, DIR **ret);

/* The directory that fd is open for, with a place of its own in it; fd is borrowed. */
int directory_open(int fd, DIR **ret);

/* As fd_open_in_root(). Returns 1, 0 if there is no such directory (*ret is NULL), or a negative errno. */
int directory_open_in_root(int root_fd, const char *path, DIR **ret);

/* The next one but "." and "..", of d, which may be NULL: no entries. Returns 1, 0 at the end (*ret stays),
 * or a negative errno. */
int directory_next(DIR *d, struct dirent **ret);

#endif
