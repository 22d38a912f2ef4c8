/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/btrfs.h"
#include "basic/cleanup.h"
#include "basic/walk.h"

struct removal {
        bool stop;    /* at the first error */
        int error;    /* the first */
        char *failed; /* what it is about, with "stop" */
};

static int note(struct removal *r, const struct walk *w, const char *name, int error)
{
        if (r->error == 0)
                r->error = error;
        if (!r->stop)
                return 0;
        r->failed = walk_path(w, name);
        return error;
}

static int unlink_one(int dir_fd, const char *name, int flags)
{
        if (unlinkat(dir_fd, name, flags) >= 0 || errno == ENOENT)
                return 0;
        if (errno == EACCES && fchmod(dir_fd, 0700) >= 0 && unlinkat(dir_fd, name, flags) >= 0)
                return 0;
        return -errno;
}

/* A subvolume goes in one step, and its quota groups with it. -ENOTEMPTY if there are others in it; then it
 * can be written to afterwards. */
static int destroy_subvolume(int dir_fd, const char *name, int fd)
{
        struct btrfs_subvolume subvolume;
        int r;

        r = btrfs_subvolume_get(fd, &subvolume);
        if (r >= 0)
                r = btrfs_subvolume_destroy(dir_fd, name);
        if (r == -ENOTEMPTY) {
                r = btrfs_subvolume_set_read_only(fd, false);
                return r < 0 ? r : -ENOTEMPTY;
        }
        if (r >= 0)
                btrfs_quota_forget(dir_fd, subvolume.id);
        return r;
}

static bool is_subvolume(int fd)
{
        struct stat st;

        return fstat(fd, &st) >= 0 && btrfs_is_subvolume(fd, st.st_ino);
}

/* Removes a directory that has been emptied. */
static int remove_empty(int dir_fd, const char *name)
{
        struct stat st;

        if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) >= 0 && st.st_ino == BTRFS_SUBVOLUME_INODE) {
                _cleanup_close_ int fd = walk_open(dir_fd, name, true);

                if (fd >= 0 && is_subvolume(fd))
                        return destroy_subvolume(dir_fd, name, fd);
        }
        return unlink_one(dir_fd, name, AT_REMOVEDIR);
}

static int on_entry(const struct walk *w, int dir_fd, const char *name, unsigned char type)
{
        int r = type == DT_DIR ? -EISDIR : unlink_one(dir_fd, name, 0);

        if (r == -EISDIR || (r == -EPERM && type == DT_UNKNOWN))
                return 1;
        return r < 0 ? note(walk_userdata(w), w, name, r) : 0;
}

static int on_enter(const struct walk *w, int dir_fd, const char *name, int fd)
{
        int r;

        if (!is_subvolume(fd))
                return 1;
        r = destroy_subvolume(dir_fd, name, fd);
        if (r == -ENOTEMPTY)
                return 1;
        return r < 0 ? note(walk_userdata(w), w, name, r) : 0;
}

static int on_leave(const struct walk *w, int dir_fd, const char *name)
{
        int r = remove_empty(dir_fd, name);

        return r < 0 ? note(walk_userdata(w), w, name, r) : 0;
}

static int on_fail(const struct walk *w, int dir_fd, const char *name, int error)
{
        return note(walk_userdata(w), w, name, error);
}

static int empty(int fd, struct removal *removal)
{
        static const struct walk_calls calls = {
                .entry = on_entry,
                .enter = on_enter,
                .leave = on_leave,
                .fail = on_fail,
                .make_accessible = true,
        };
        int r = walk_directory(fd, &calls, removal);

        return removal->error < 0 ? removal->error : r;
}

int tree_empty(int fd)
{
        struct removal removal = {};

        return empty(fd, &removal);
}

int tree_remove(int dir_fd, const char *name)
{
        _cleanup_close_ int fd = -EBADF;
        int r, k;

        r = unlink_one(dir_fd, name, 0);
        if (r != -EISDIR && r != -EPERM)
                return r;
        fd = walk_open(dir_fd, name, true);
        if (fd == -ENOTDIR) /* a file with the immutable attribute */
                return r;
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        r = tree_empty(fd);
        k = remove_empty(dir_fd, name);
        return r < 0 ? r : k;
}

static bool is_same(int dir_fd, const char *name, int fd)
{
        struct stat a, b;

        return fstat(fd, &a) >= 0 && fstatat(dir_fd, name, &b, AT_SYMLINK_NOFOLLOW) >= 0 &&
               a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int tree_remove_directory(int dir_fd, const char *name, int fd, char **ret_failed)
{
        struct removal removal = {.stop = true};
        bool whole = is_subvolume(fd);
        int r = -ENOTEMPTY;

        *ret_failed = NULL;
        if (!is_same(dir_fd, name, fd))
                r = -ESTALE;
        else if (whole)
                r = destroy_subvolume(dir_fd, name, fd);
        if (r == -ENOTEMPTY) {
                r = empty(fd, &removal);
                if (r < 0) {
                        *ret_failed = removal.failed;
                        return r;
                }
                r = is_same(dir_fd, name, fd) ? remove_empty(dir_fd, name) : -ESTALE;
        }
        if (r < 0)
                *ret_failed = strdup("");
        return r;
}
