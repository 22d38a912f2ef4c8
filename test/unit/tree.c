/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/fd.h"
#include "basic/path.h"

int tree_setup(void **state)
{
        struct tree *t = calloc(1, sizeof(*t));

        if (!t)
                return -1;
        strcpy(t->path, "/tmp/test-tree.XXXXXX");
        if (!mkdtemp(t->path))
                return -1;
        t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        *state = t;
        return t->fd < 0 ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

int tree_teardown(void **state)
{
        struct tree *t = *state;
        int r = nftw(t->path, remove_one, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

        close(t->fd);
        free(t);
        return r;
}

void tree_dir(struct tree *t, const char *path)
{
        assert_true(fd_mkdirs_in_root(t->fd, path, 0755) >= 0);
}

static void make_parent(struct tree *t, const char *path)
{
        char *parent = path_directory(path);

        assert_non_null(parent);
        tree_dir(t, parent);
        free(parent);
}

void tree_file(struct tree *t, const char *path, const char *content)
{
        int fd;

        make_parent(t, path);
        fd = fd_open_in_root(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        assert_true(fd >= 0);
        assert_int_equal(fd_write_all(fd, content, strlen(content)), 0);
        close(fd);
}

void tree_link(struct tree *t, const char *path, const char *target)
{
        make_parent(t, path);
        assert_int_equal(symlinkat(target, t->fd, path + 1), 0);
}

bool tree_exists(struct tree *t, const char *path)
{
        struct stat st;

        return fstatat(t->fd, path + 1, &st, AT_SYMLINK_NOFOLLOW) == 0;
}
