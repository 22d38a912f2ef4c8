/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/fd.h"
#include "basic/name-list.h"

/* A directory that the walk is in. */
struct level {
        char *name; /* in the one above, NULL for the first */
        dev_t device;
        ino_t inode;
        struct name_list inner; /* directories in it that are to be entered */
        size_t next;            /* the first of them that was not */
};

struct walk {
        const struct walk_calls *calls;
        void *userdata;
        struct level *levels;
        size_t n;
        int fd; /* the directory of the last level */
};

static void level_clear(struct level *l)
{
        name_list_clear(&l->inner);
        free(l->name);
        *l = (struct level){};
}

static void walk_clear(struct walk *w)
{
        while (w->n > 0)
                level_clear(w->levels + --w->n);
        free(w->levels);
        w->fd = fd_close(w->fd);
}

void *walk_userdata(const struct walk *w)
{
        return w->userdata;
}

char *walk_path(const struct walk *w, const char *name)
{
        size_t size = strlen(name) + 1;
        char *path, *p;

        for (size_t i = 1; i < w->n; i++)
                size += strlen(w->levels[i].name) + 1;
        path = p = malloc(size);
        if (!path)
                return NULL;
        for (size_t i = 1; i < w->n; i++) {
                p = stpcpy(p, w->levels[i].name);
                *p++ = '/';
        }
        stpcpy(p, name);
        return path;
}

static int open_no_mount(int dir_fd, const char *name)
{
        struct open_how how = {
                .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        int fd = (int)syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));

        return fd < 0 ? -errno : fd;
}

/* By a descriptor, so that it is no other file that gets the rights. */
static int allow_owner(int dir_fd, const char *name)
{
        _cleanup_close_ int fd = openat(dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? -errno : fd_chmod(fd, 0700);
}

int walk_open(int dir_fd, const char *name, bool make_accessible)
{
        int fd = open_no_mount(dir_fd, name);

        if (fd == -EACCES && make_accessible && allow_owner(dir_fd, name) >= 0)
                fd = open_no_mount(dir_fd, name);
        return fd;
}

/* Takes name and fd over in every case. */
static int push(struct walk *w, char *name, int fd)
{
        struct level l = {.name = name};
        struct stat st;
        int r = 0;

        fd_close(w->fd);
        w->fd = fd;
        if (fstat(fd, &st) < 0)
                r = -errno;
        else if (array_grow((void **)&w->levels, w->n, sizeof(*w->levels)) < 0)
                r = -ENOMEM;
        if (r < 0) {
                free(name);
                return r;
        }
        l.device = st.st_dev;
        l.inode = st.st_ino;
        w->levels[w->n++] = l;
        /* It must be possible to come back by "..", and to remove what is in it. */
        if (w->calls->make_accessible && (st.st_mode & 0700) != 0700)
                (void)fchmod(fd, 0700);
        return 0;
}

/* Visits the entries of the last level. */
static int read_level(struct walk *w)
{
        struct level *l = w->levels + w->n - 1;
        _cleanup_closedir_ DIR *d = NULL;
        int r = directory_open(w->fd, &d), k;
        struct dirent *e;

        while (r >= 0 && (r = directory_next(d, &e)) > 0) {
                k = w->calls->entry(w, w->fd, e->d_name, e->d_type);
                if (k > 0)
                        k = name_list_add(&l->inner, e->d_name);
                if (k < 0)
                        return k;
        }
        return r < 0 ? w->calls->fail(w, w->fd, ".", r) : 0;
}

static int step_down(struct walk *w)
{
        struct level *l = w->levels + w->n - 1;
        _cleanup_free_ char *name = steal_pointer(l->inner.items[l->next]);
        int fd = walk_open(w->fd, name, w->calls->make_accessible), r;

        l->next++;
        if (fd == -ENOENT)
                return 0;
        if (fd < 0)
                return w->calls->fail(w, w->fd, name, fd);
        r = w->calls->enter ? w->calls->enter(w, w->fd, name, fd) : 1;
        if (r <= 0) {
                fd_close(fd);
                return r;
        }
        r = push(w, steal_pointer(name), fd);
        return r < 0 ? r : read_level(w);
}

static int step_up(struct walk *w)
{
        const struct level *above = w->levels + w->n - 2;
        _cleanup_close_ int fd = open_no_mount(w->fd, "..");
        _cleanup_free_ char *name = NULL;
        struct stat st;

        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_dev != above->device || st.st_ino != above->inode)
                return -ESTALE;
        name = steal_pointer(w->levels[w->n - 1].name);
        level_clear(w->levels + --w->n);
        fd_close(w->fd);
        w->fd = steal_fd(&fd);
        return w->calls->leave ? w->calls->leave(w, w->fd, name) : 0;
}

int walk_directory(int fd, const struct walk_calls *calls, void *userdata)
{
        _cleanup_(walk_clear) struct walk w = {.calls = calls, .userdata = userdata, .fd = -EBADF};
        int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

        if (copy < 0)
                return -errno;
        r = push(&w, NULL, copy);
        if (r >= 0)
                r = read_level(&w);
        while (r >= 0) {
                const struct level *l = w.levels + w.n - 1;

                if (l->next < l->inner.n)
                        r = step_down(&w);
                else if (w.n > 1)
                        r = step_up(&w);
                else
                        return 0;
        }
        return r;
}
