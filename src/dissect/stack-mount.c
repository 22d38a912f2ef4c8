/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "dissect/aside.h"
#include "dissect/stack.h"

/* Where it is put together, in a mount namespace of our own: hidden for the moment only. */
#define PLACE "/proc"

/* "123:" */
#define LAYER_NAME_SIZE 12

/* A directory of that name, here, with the mount on it. */
static int put(int mount_fd, const char *name)
{
        if (mkdir(name, 0700) < 0 || move_mount(mount_fd, "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
                return -errno;
        return 0;
}

static int open_here(const char *name)
{
        int fd = open(name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

/* The layers over each other, each under a short name: all names have to fit into one page. Returns a
 * descriptor. */
static int mount_layers(const struct stack_mounts *m)
{
        _cleanup_free_ char *text = malloc((m->n_layers + 1) * LAYER_NAME_SIZE + sizeof("lowerdir="));
        char *to = text;
        int r;

        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < m->n_layers; i++) {
                char name[LAYER_NAME_SIZE];

                snprintf(name, sizeof(name), "%u", (unsigned)i);
                r = put(m->layers[i], name);
                if (r < 0)
                        return r;
        }
        if (m->n_layers == 1)
                return open_here("0");
        to += sprintf(to, "lowerdir=");
        for (size_t i = m->n_layers; i-- > 0;)
                to += sprintf(to, "%u%s", (unsigned)i, i > 0 ? ":" : "");
        if (mkdir("tree", 0700) < 0 ||
            mount("overlay", "tree", "overlay", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, text) < 0)
                return -errno;
        return open_here("tree");
}

/* usr of the layers, in the root. Not through a symlink. -ENOTDIR if that has no such directory. */
static int mount_root(const struct stack_mounts *m, int tree_fd)
{
        _cleanup_close_ int root = -EBADF, usr = -EBADF, clone = -EBADF, target = -EBADF;
        int r = put(m->root, "root");

        if (r < 0)
                return r;
        root = open_here("root");
        if (root < 0 || tree_fd < 0)
                return steal_fd(&root);
        usr = fd_open_in_root(tree_fd, "usr", O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
        target = fd_open_in_root(root, "usr", O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
        if (usr < 0 || target < 0)
                return -ENOTDIR;
        clone = mount_clone(usr);
        if (clone < 0)
                return clone;
        if (move_mount(clone, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
                return -errno;
        return steal_fd(&root);
}

/* At its place, if there is one of its type: else it is seen from outside that it is not there. */
static int mount_bind(const struct stack_bind *bind, int *tree_fd)
{
        _cleanup_close_ int target = -EBADF;
        int r;

        if (strcmp(bind->where, "/") == 0) {
                r = put(bind->fd, "bind");
                if (r < 0)
                        return r;
                fd_close(*tree_fd);
                *tree_fd = open_here("bind");
                return *tree_fd < 0 ? *tree_fd : 0;
        }
        target = fd_open_in_root(*tree_fd, bind->where, O_PATH, 0);
        if (target == -ENOENT || target == -ENOTDIR || target == -ELOOP)
                return 0;
        if (target < 0)
                return target;
        if (move_mount(bind->fd, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
                return errno == ENOTDIR ? 0 : -errno;
        return 0;
}

static int set_attributes(int tree_fd)
{
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                                              MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW};

        if (mount_setattr(tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) >= 0)
                return 0;
        /* Linux before 5.14 does not know it. */
        attr.attr_set &= ~(uint64_t)MOUNT_ATTR_NOSYMFOLLOW;
        return errno == EINVAL && mount_setattr(tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
                                                sizeof(attr)) >= 0
                       ? 0
                       : -errno;
}

static int mount_all(void *userdata)
{
        const struct stack_mounts *m = userdata;
        _cleanup_close_ int tree = -EBADF, clone = -EBADF;
        int r;

        if (mount("tmpfs", PLACE, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0 ||
            chdir(PLACE) < 0)
                return -errno;
        if (m->n_layers > 0) {
                tree = mount_layers(m);
                if (tree < 0)
                        return tree;
        }
        if (m->root >= 0) {
                int root = mount_root(m, tree);

                if (root < 0)
                        return root;
                fd_close(tree);
                tree = root;
        }
        for (size_t i = 0; i < m->n_binds; i++) {
                r = mount_bind(m->binds + i, &tree);
                if (r < 0)
                        return r;
        }
        clone = mount_clone(tree);
        if (clone < 0)
                return clone;
        r = set_attributes(clone);
        return r < 0 ? r : steal_fd(&clone);
}

int stack_mount(const struct stack_mounts *mounts)
{
        return mount_aside(mount_all, (void *)mounts);
}
