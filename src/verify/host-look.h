/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_HOST_LOOK_H
#define VERIFY_HOST_LOOK_H

/* What lies at a path of the host. Opens nothing but directories. */

#include <stdbool.h>
#include <sys/stat.h>

/* 1, with what is there in *ret (may be NULL); 0: nothing; or a negative errno: not to be told. */
int host_look(int root_fd, const char *path, struct stat *ret);
int host_look_link(int root_fd, const char *path, struct stat *ret);

/* The same for a pattern in the last part of the path. */
int host_look_glob(int root_fd, const char *path);

/* Whether a directory has entries: 1, 0 (also if it is none), or a negative errno. */
int host_look_entries(int root_fd, const char *path);

/* Whether that tree is the one this process runs in, so that what the kernel and services tell is of it. */
bool host_is_this_system(int root_fd);

#endif
