/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/way.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "image/image.h"

/* As many as the kernel follows in one path. Source: path_resolution(7). */
#define LINKS_MAX 40

struct walker {
        int root_fd;
        char *done; /* the directory that we are in, absolute, without links; "" for the root */
        char *rest; /* what is to come, relative to it */
        unsigned links;
        struct way way;
};

static void walker_clear(struct walker *w)
{
        free(w->done);
        free(w->rest);
}

/* An access control list may deny what the mode grants, and to whom is not looked at. */
static bool has_acl(int fd)
{
        char link[sizeof("/proc/self/fd/") + 11];

        snprintf(link, sizeof(link), "/proc/self/fd/%i", fd);
        return getxattr(link, "system.posix_acl_access", NULL, 0) >= 0;
}

static void judge(struct walker *w, int fd, const struct stat *st)
{
        if (st->st_uid != 0 || (!S_ISLNK(st->st_mode) && (st->st_mode & 022)))
                w->way.safe = false;
        /* Who is in the group and who is not: both are others than root. */
        if (S_ISDIR(st->st_mode) && ((st->st_mode & 0011) != 0011 || has_acl(fd)))
                w->way.public = false;
}

/* The next component, cut off w->rest; NULL at the end. */
static char *next_name(struct walker *w)
{
        size_t skip = strspn(w->rest, "/"), n = strcspn(w->rest + skip, "/");
        char *name = n > 0 ? strndup(w->rest + skip, n) : NULL;

        memmove(w->rest, w->rest + skip + n, strlen(w->rest + skip + n) + 1);
        return name;
}

static int follow(struct walker *w, int fd)
{
        _cleanup_free_ char *target = NULL;
        char *rest;
        int r;

        if (++w->links > LINKS_MAX)
                return -ELOOP;
        w->way.led = w->way.led || !w->way.safe;
        r = fd_readlink(fd, "", &target);
        if (r < 0)
                return r;
        if (target[0] == '/')
                w->done[0] = '\0';
        rest = path_join(target, w->rest);
        if (!rest)
                return -ENOMEM;
        free(w->rest);
        w->rest = rest;
        return 0;
}

static int step(struct walker *w, const char *name)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (strcmp(name, ".") == 0)
                return 0;
        if (strcmp(name, "..") == 0) {
                char *slash = strrchr(w->done, '/');

                if (slash)
                        *slash = '\0';
                return 0;
        }
        path = path_join(w->done, name);
        if (!path)
                return -ENOMEM;
        fd = fd_open_in_root(w->root_fd, path, O_PATH | O_NOFOLLOW, 0);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        judge(w, fd, &st);
        if (S_ISLNK(st.st_mode))
                return follow(w, fd);
        free(w->done);
        w->done = steal_pointer(path);
        return 0;
}

static int walk(struct walker *w)
{
        struct stat st;
        int r = 0;

        if (!w->done || !w->rest)
                return -ENOMEM;
        if (fstat(w->root_fd, &st) < 0)
                return -errno;
        judge(w, w->root_fd, &st);
        while (r >= 0) {
                _cleanup_free_ char *name = next_name(w);

                if (!name)
                        return 0;
                r = step(w, name);
        }
        return r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

int way_look(int root_fd, const char *path, struct way *ret)
{
        _cleanup_(walker_clear) struct walker w = {
                .root_fd = root_fd, .done = strdup(""), .rest = strdup(path), .way = {true, true, false}};
        int r = walk(&w);

        if (r < 0)
                w.way = (struct way){};
        *ret = w.way;
        return r;
}

int way_look_image(int root_fd, const char *asked, const struct image *image, struct way *ret)
{
        const char *const paths[] = {asked[0] == '/' ? asked : NULL, image->entry, image->link, image->path};
        struct way all = {true, true, false};

        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                struct way way;
                int r = paths[i] ? way_look(root_fd, paths[i], &way) : 0;

                if (r < 0) {
                        *ret = way;
                        return r;
                }
                all.safe = all.safe && (!paths[i] || way.safe);
                all.public = all.public && (!paths[i] || way.public);
                all.led = all.led || (paths[i] && way.led);
        }
        *ret = all;
        return 0;
}
