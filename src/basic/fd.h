/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_FD_H
#define BASIC_FD_H

/* Descriptors: opened once, then everything relative to them. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Opens path inside the tree root_fd (a directory): "..", absolute and relative symlinks stay inside it, as
 * openat2(2) RESOLVE_IN_ROOT does; magic links are refused. flags as open(2), O_CLOEXEC is added. A leading
 * "/" in path means the root of the tree. Returns the descriptor or a negative errno.
 */
int fd_open_in_root(int root_fd, const char *path, int flags, mode_t mode);

/* Opens the directory that path is in, in the same way; O_PATH and O_DIRECTORY. */
int fd_open_parent_in_root(int root_fd, const char *path);

/* The path of fd relative to the tree root_fd ("/a/b"), from /proc/self/fd. -EXDEV if it lies outside. */
int fd_path_in_root(int root_fd, int fd, char **ret);

/* Opens the file behind fd (O_PATH is fine) anew with other flags, by /proc/self/fd. Returns a descriptor or
 * -errno. */
int fd_reopen(int fd, int flags);

/* Whether there is a directory of that path in the tree: one look in place of one for each name in it. */
bool fd_has_directory_in_root(int root_fd, const char *path);

/* fchmod(2) for O_PATH descriptors, too; not of symlinks. Returns 0 or a negative errno. */
int fd_chmod(int fd, mode_t mode);

/* Reads to the end, at most max bytes. *ret is NUL-terminated (the NUL is not counted in *ret_size), owned
 * by the caller. -EFBIG if there is more than max. */
int fd_read_all(int fd, size_t max, char **ret, size_t *ret_size);

/* The same for a regular file only: -EBADFD if it is none. */
int fd_read_regular(int fd, size_t max, char **ret, size_t *ret_size);

/* Opens (in root_fd, see fd_open_in_root()) and reads a regular file. -EBADFD if it is not a regular file:
 * never blocks on a FIFO or device. -EFBIG if larger than max. */
int fd_read_file_in_root(int root_fd, const char *path, size_t max, char **ret, size_t *ret_size);

/* Writes all of it. Returns 0 or a negative errno. */
int fd_write_all(int fd, const void *data, size_t size);

/* Makes path and its parents inside the tree, mode for those that are missing. Returns 1 if the last was
 * made, 0 if it was there, or a negative errno. */
int fd_mkdirs_in_root(int root_fd, const char *path, mode_t mode);

/* The target of a symlink relative to dir_fd, as stored. Owned by the caller. */
int fd_readlink(int dir_fd, const char *name, char **ret);

/* Whether both are of one file. False, too, if that can't be told. */
bool fd_is_same(int a, int b);

/* True if the file system of fd lives in memory only (tmpfs, ramfs): nothing to sync there. */
bool fd_is_temporary(int fd);

#endif
