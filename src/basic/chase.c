/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/chase.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/path.h"

static int open_no_symlinks(int root_fd, const char *path, int flags)
{
        struct open_how how = {
                .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS,
        };
        int fd = (int)syscall(SYS_openat2, root_fd, *path ? path : "/", &how, sizeof(how));

        return fd < 0 ? -errno : fd;
}

/* The path so far, all of it resolved ("" is the root), and what is still to do. */
struct chase {
        int root_fd;
        char done[PATH_MAX];
        char *todo;
        const char *next; /* position in todo */
        unsigned links;
};

static void chase_up(struct chase *c)
{
        char *slash = strrchr(c->done, '/');

        if (slash)
                *slash = '\0';
}

/* Puts the target of the symlink fd in front of what is still to do. */
static int chase_follow(struct chase *c, int fd)
{
        _cleanup_free_ char *target = NULL;
        char *todo;
        int r;

        if (++c->links > CHASE_SYMLINKS_MAX)
                return -ELOOP;
        r = fd_readlink(fd, "", &target);
        if (r < 0)
                return r;
        if (target[0] == '\0')
                return -ENOENT;
        if (asprintf(&todo, "%s%s", target, c->next) < 0)
                return -ENOMEM;
        free(c->todo);
        c->next = c->todo = todo;
        if (target[0] == '/')
                c->done[0] = '\0';
        return 0;
}

/* One component. Returns 1 (*ret_stat is what done leads to), 0 (it was a symlink) or a negative errno. */
static int chase_step(struct chase *c, const char *component, size_t n, struct stat *ret_stat)
{
        _cleanup_close_ int fd = -EBADF;
        size_t length = strlen(c->done);
        struct stat st;

        if (length + n + 2 > sizeof(c->done))
                return -ENAMETOOLONG;
        c->done[length] = '/';
        memcpy(c->done + length + 1, component, n);
        c->done[length + 1 + n] = '\0';

        fd = open_no_symlinks(c->root_fd, c->done, O_PATH);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISLNK(st.st_mode)) {
                c->done[length] = '\0';
                return chase_follow(c, fd);
        }
        if (!S_ISDIR(st.st_mode) && *c->next)
                return -ENOTDIR;
        *ret_stat = st;
        return 1;
}

static int chase_stat(const struct chase *c, struct stat *ret)
{
        _cleanup_close_ int fd = open_no_symlinks(c->root_fd, c->done, O_PATH);

        if (fd < 0)
                return fd;
        return fstat(fd, ret) < 0 ? -errno : 0;
}

static int chase_walk(struct chase *c, struct stat *ret_stat)
{
        bool is_known = false; /* what ret_stat is of */

        for (;;) {
                const char *component = c->next + strspn(c->next, "/");
                size_t n = strcspn(component, "/");
                int r;

                if (n == 0)
                        return is_known ? 0 : chase_stat(c, ret_stat);
                c->next = component + n;
                if (n == 1 && component[0] == '.')
                        continue;
                is_known = n != 2 || component[0] != '.' || component[1] != '.';
                if (!is_known) {
                        chase_up(c);
                        continue;
                }
                r = chase_step(c, component, n, ret_stat);
                if (r < 0)
                        return r;
                is_known = r > 0;
        }
}

static int chase_slowly(int root_fd, const char *path, char **ret_path, struct stat *ret_stat)
{
        struct chase c = {.root_fd = root_fd, .todo = strdup(path)};
        char *copy;
        int r;

        if (!c.todo)
                return -ENOMEM;
        c.next = c.todo;
        r = chase_walk(&c, ret_stat);
        free(c.todo);
        if (r < 0)
                return r;
        copy = strdup(c.done[0] ? c.done : "/");
        if (!copy)
                return -ENOMEM;
        *ret_path = copy;
        return 0;
}

int chase_in_root(int root_fd, const char *path, char **ret_path, struct stat *ret_stat)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        /* Mostly there is no symlink at all: one call then says all. */
        if (path_is_normalized(path)) {
                fd = open_no_symlinks(root_fd, path, O_PATH);
                if (fd < 0 && fd != -ELOOP)
                        return fd;
        }
        if (fd >= 0 && fstat(fd, &st) >= 0 && !S_ISLNK(st.st_mode)) {
                char *copy = strdup(path);

                if (!copy)
                        return -ENOMEM;
                *ret_path = copy;
        } else {
                r = chase_slowly(root_fd, path, ret_path, &st);
                if (r < 0)
                        return r;
        }
        if (ret_stat)
                *ret_stat = st;
        return 0;
}

int chase_open(int root_fd, const char *canonical, int flags)
{
        _cleanup_close_ int fd =
                open_no_symlinks(root_fd, canonical, flags | O_RDONLY | O_NONBLOCK | O_NOCTTY);
        struct stat st;

        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
                return -EBADFD;
        return steal_fd(&fd);
}

const char *file_type_name(mode_t mode)
{
        if (S_ISREG(mode))
                return "a regular file";
        if (S_ISDIR(mode))
                return "a directory";
        if (S_ISFIFO(mode))
                return "a FIFO";
        if (S_ISSOCK(mode))
                return "a socket";
        if (S_ISLNK(mode))
                return "a symlink";
        return "a device node";
}
