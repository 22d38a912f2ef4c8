/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_TREE_H
#define TEST_UNIT_TREE_H

/* A root tree in a temporary directory, to put images into. */

#include <stdbool.h>

#include "test.h"

struct tree {
        int fd;
        char path[64];
};

/* cmocka set-up and tear-down: *state is a struct tree. */
int tree_setup(void **state);
int tree_teardown(void **state);

/* All paths absolute in the tree; parents are made. */
void tree_dir(struct tree *t, const char *path);
void tree_file(struct tree *t, const char *path, const char *content);
void tree_link(struct tree *t, const char *path, const char *target);
bool tree_exists(struct tree *t, const char *path);

#endif
