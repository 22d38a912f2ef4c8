/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "extract/missing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "basic/chase.h"
#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "extract/extract.h"

/* A symlink counts whatever it leads to: that may be in another layer. */
static bool is_in_a_layer(const char *path, const int *tree_fds, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                _cleanup_close_ int fd = fd_open_in_root(tree_fds[i], path, O_PATH | O_NOFOLLOW, 0);

                if (fd >= 0)
                        return true;
        }
        return false;
}

/* The path with its directories resolved in one tree. NULL if they are not there; 0 or -ENOMEM. */
static int resolve_parent(int tree_fd, const char *path, char **ret)
{
        _cleanup_free_ char *directory = path_directory(path), *canonical = NULL;
        int r;

        if (!directory)
                return -ENOMEM;
        *ret = NULL;
        r = chase_in_root(tree_fd, directory, &canonical, NULL);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        *ret = path_join(canonical, path_base(path));
        return *ret ? 0 : -ENOMEM;
}

/* In a single layer a symlink must lead to something. 1, 0 or -ENOMEM. */
static int is_missing_in_tree(const char *path, int tree_fd)
{
        _cleanup_free_ char *canonical = NULL;
        int r = chase_in_root(tree_fd, path, &canonical, NULL);

        return r == -ENOMEM ? r : r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

/* 1, 0 or -ENOMEM. */
static int is_missing(const char *path, const int *tree_fds, size_t n)
{
        if (n == 1)
                return is_missing_in_tree(path, tree_fds[0]);
        if (is_in_a_layer(path, tree_fds, n))
                return 0;
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *resolved = NULL;
                int r = resolve_parent(tree_fds[i], path, &resolved);

                if (r < 0)
                        return r;
                if (resolved && is_in_a_layer(resolved, tree_fds, n))
                        return 0;
        }
        return 1;
}

int missing_in_layers(const struct metadata *const *layers, const int *tree_fds, size_t n, char ***ret)
{
        _cleanup_strv_ char **missing = calloc(1, sizeof(char *));

        if (!missing)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                for (char **line = layers[i]->missing_binaries; line && *line; line++) {
                        const char *tab = strchr(*line, '\t');
                        int r = tab && !strv_contains(missing, *line) ? is_missing(tab + 1, tree_fds, n) : 0;

                        if (r > 0)
                                r = strv_append(&missing, *line);
                        if (r < 0)
                                return r;
                }
        }
        *ret = steal_pointer(missing);
        return 0;
}
