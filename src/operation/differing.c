/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/differing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "plan/change.h"

/* The file itself, not what a link leads to. Returns 0 or a negative errno. */
static int look(int root_fd, const char *path, int *ret_parent, struct stat *ret)
{
        _cleanup_close_ int parent = fd_open_parent_in_root(root_fd, path);

        if (parent < 0)
                return parent;
        if (fstatat(parent, path_base(path), ret, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        *ret_parent = steal_fd(&parent);
        return 0;
}

static int has_content(int parent, const struct stat *st, const struct change *c)
{
        _cleanup_free_ char *data = NULL;
        size_t size;
        int r;

        if (!S_ISREG(st->st_mode) || (st->st_mode & 07777) != c->mode || (size_t)st->st_size != c->size)
                return 0;
        r = fd_read_file_in_root(parent, path_base(c->path), c->size, &data, &size);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        return size == c->size && memcmp(data, c->data, size) == 0;
}

static int leads_there(int parent, const struct change *c)
{
        _cleanup_free_ char *target = NULL;
        int r = fd_readlink(parent, path_base(c->path), &target);

        return r < 0 ? (r == -ENOMEM ? r : 0) : strcmp(target, c->source) == 0;
}

/* transaction_stage_copy() keeps the times. */
static bool is_copy(int root_fd, const struct stat *st, const char *source)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, source, O_PATH, 0);
        struct stat from;

        return fd >= 0 && fstat(fd, &from) >= 0 && (st->st_mode & S_IFMT) == (from.st_mode & S_IFMT) &&
               (S_ISDIR(from.st_mode) || st->st_size == from.st_size) &&
               st->st_mtim.tv_sec == from.st_mtim.tv_sec && st->st_mtim.tv_nsec == from.st_mtim.tv_nsec;
}

/* 1, 0, or -ENOMEM. */
static int is_so(int root_fd, const struct change *c)
{
        _cleanup_close_ int parent = -EBADF;
        struct stat st;
        int r = look(root_fd, c->path, &parent, &st);

        if (r < 0)
                return c->type == CHANGE_UNLINK;
        switch (c->type) {
        case CHANGE_MKDIR:
                return S_ISDIR(st.st_mode);
        case CHANGE_SYMLINK:
                return leads_there(parent, c);
        case CHANGE_WRITE:
                return has_content(parent, &st, c);
        case CHANGE_COPY:
                return c->data ? has_content(parent, &st, c) : is_copy(root_fd, &st, c->source);
        case CHANGE_UNLINK:
        case CHANGE_TYPE_MAX:
        default:
                return 0;
        }
}

int differing_keep(int root_fd, struct change_list *l, struct error *error)
{
        for (size_t i = 0; i < l->n; i++) {
                int r = is_so(root_fd, l->items + i);

                if (r < 0)
                        return error_set_oom(error);
                l->items[i].silent = r > 0;
        }
        change_list_drop_silent(l);
        return 0;
}
