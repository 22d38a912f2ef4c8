/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "basic/cleanup.h"

/* What lies deeper is moved up to the top first, so that no depth exhausts stack or descriptors. */
#define DEPTH_MAX 64

struct removal {
        int top_fd;
        unsigned n_moved;
        bool again; /* something was moved up: another pass over the top is due */
        int error;
};

static void note(struct removal *r, int error)
{
        if (r->error == 0)
                r->error = error;
}

static int open_below(int dir_fd, const char *name)
{
        struct open_how how = {
                .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        int fd = (int)syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));

        /* A directory of ours that we may not read: an owner without privileges can still change that. */
        if (fd < 0 && errno == EACCES && fchmodat(dir_fd, name, 0700, 0) >= 0)
                fd = (int)syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));
        return fd < 0 ? -errno : fd;
}

static int unlink_one(int dir_fd, const char *name, int flags)
{
        if (unlinkat(dir_fd, name, flags) >= 0 || errno == ENOENT)
                return 0;
        if (errno == EACCES && fchmod(dir_fd, 0700) >= 0 && unlinkat(dir_fd, name, flags) >= 0)
                return 0;
        return -errno;
}

static void empty_directory(struct removal *r, int fd, unsigned depth);

static void remove_directory(struct removal *r, int dir_fd, const char *name, unsigned depth)
{
        _cleanup_close_ int fd = -EBADF;
        int k;

        if (unlink_one(dir_fd, name, AT_REMOVEDIR) == 0)
                return;
        if (depth >= DEPTH_MAX) {
                char moved[32];

                snprintf(moved, sizeof(moved), ".moved-%u", r->n_moved++);
                if (renameat(dir_fd, name, r->top_fd, moved) < 0)
                        note(r, -errno);
                else
                        r->again = true;
                return;
        }
        fd = open_below(dir_fd, name);
        if (fd < 0) {
                note(r, fd);
                return;
        }
        empty_directory(r, fd, depth + 1);
        k = unlink_one(dir_fd, name, AT_REMOVEDIR);
        if (k < 0)
                note(r, k);
}

static void empty_directory(struct removal *r, int fd, unsigned depth)
{
        _cleanup_closedir_ DIR *d = NULL;
        int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct dirent *e;
        int k;

        if (copy < 0 || !(d = fdopendir(copy))) {
                note(r, -errno);
                fd_close(copy);
                return;
        }
        while ((errno = 0, e = readdir(d))) {
                if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
                        continue;
                k = e->d_type == DT_DIR ? -EISDIR : unlink_one(fd, e->d_name, 0);
                if (k == -EISDIR || k == -EPERM)
                        remove_directory(r, fd, e->d_name, depth);
                else if (k < 0)
                        note(r, k);
        }
        if (errno)
                note(r, -errno);
}

int tree_empty(int fd)
{
        struct removal r = {.top_fd = fd};

        do {
                r.again = false;
                empty_directory(&r, fd, 0);
        } while (r.again && r.error == 0);
        return r.error;
}

int tree_remove(int dir_fd, const char *name)
{
        _cleanup_close_ int fd = -EBADF;
        int r, k;

        r = unlink_one(dir_fd, name, 0);
        if (r != -EISDIR && r != -EPERM)
                return r;
        fd = open_below(dir_fd, name);
        if (fd == -ENOTDIR) /* a file with the immutable attribute */
                return r;
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        r = tree_empty(fd);
        k = unlink_one(dir_fd, name, AT_REMOVEDIR);
        return r < 0 ? r : k;
}
