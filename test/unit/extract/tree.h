/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_EXTRACT_TREE_H
#define TEST_UNIT_EXTRACT_TREE_H

/* Image trees for the tests of extract/, made in a temporary directory that goes away at the end of each
 * test, one at a time. Failing to make one fails the test. */

#include <stddef.h>
#include <sys/types.h>

struct tree {
        char *base; /* the temporary directory; what a tree must not reach lies here */
        char *path; /* base + "/tree": the image */
        int fd;     /* O_PATH */
};

void tree_make(struct tree *t);
/* A tree with an os-release file: ID=tiny. */
void tree_make_os(struct tree *t);
/* The same in memory, for trees of many files. */
void tree_make_large(struct tree *t);
void tree_done(struct tree *t);
#define _cleanup_tree_ __attribute__((cleanup(tree_done)))

/* All paths are relative to the tree ("etc/os-release"); missing parents are made. */
void tree_directory(const struct tree *t, const char *path);
void tree_file(const struct tree *t, const char *path, const char *content);
void tree_file_size(const struct tree *t, const char *path, size_t size);
void tree_symlink(const struct tree *t, const char *path, const char *target);
void tree_fifo(const struct tree *t, const char *path);
void tree_socket(const struct tree *t, const char *path);
/* A character device that root could read forever (/dev/zero); for other users one that can't be opened. */
void tree_device(const struct tree *t, const char *path);
void tree_chmod(const struct tree *t, const char *path, mode_t mode);

/* "base/path", to be freed: a path outside the tree. */
char *tree_outside(const struct tree *t, const char *path);

#endif
