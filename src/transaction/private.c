/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/fd.h"

#define CLOSED(mode) ((mode)&07700)

int private_close_staged(int dir_fd)
{
        struct stat st;

        if (fstat(dir_fd, &st) < 0)
                return -errno;
        return st.st_mode & 077 ? fd_chmod(dir_fd, CLOSED(st.st_mode)) : 0;
}

int private_add(struct op_list *ops, int dir_fd, const char *path, uint32_t place)
{
        struct op o = {.kind = OP_CLOSE, .place = place};
        struct stat st;

        for (size_t i = 0; i < ops->n; i++)
                if (ops->items[i].kind == OP_CLOSE && strcmp(ops->items[i].path, path) == 0)
                        return 0;
        if (fstat(dir_fd, &st) < 0)
                return -errno;
        if (!(st.st_mode & 077))
                return 0;
        o.mode = st.st_mode & 07777;
        o.uid = st.st_uid;
        o.gid = st.st_gid;
        o.path = strdup(path);
        return o.path && op_list_add(ops, &o) ? 0 : -ENOMEM;
}

/* Its inode number does not tell whether it is the same: on overlayfs it may be another one after the first
 * change of the mode. */
static int open_same(const struct work *w, const struct op *o, struct stat *ret)
{
        _cleanup_close_ int fd = fd_open_in_root(w->root_fd, o->path, O_PATH | O_DIRECTORY, 0);

        if (fd < 0)
                return fd == -ENOTDIR ? -ENOENT : fd;
        if (fstat(fd, ret) < 0)
                return -errno;
        return ret->st_uid == o->uid && ret->st_gid == o->gid ? steal_fd(&fd) : -ENOENT;
}

int private_do(const struct work *w, const struct op *o)
{
        struct stat st;
        _cleanup_close_ int fd = open_same(w, o, &st);

        if (fd < 0)
                return fd;
        return st.st_mode & 077 ? fd_chmod(fd, CLOSED(st.st_mode)) : 0;
}

int private_undo(const struct work *w, const struct op *o)
{
        struct stat st;
        _cleanup_close_ int fd = open_same(w, o, &st);

        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        return (st.st_mode & 07777) == CLOSED(o->mode) ? fd_chmod(fd, o->mode & 07777) : 0;
}
