/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/btrfs.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "image/removal.h"

struct removal {
        int root_fd;
        int top_fd; /* of the tree: where what is too deep is moved to */
        unsigned hoisted;
        struct error *error;
};

static int set_error(struct removal *t, int dir_fd, const char *name, int errnum)
{
        _cleanup_free_ char *directory = NULL, *shown = NULL;

        if (fd_path_in_root(t->root_fd, dir_fd, &directory) >= 0) {
                _cleanup_free_ char *path = path_join(directory, name);

                shown = path ? text_escape(path) : NULL;
        }
        return error_set_errno(t->error, errnum, "Failed to remove '%s'", shown ?: "a file of the image");
}

static int remove_directory(struct removal *t, int dir_fd, const char *name, unsigned depth);

/* Below REMOVAL_DEPTH_MAX a directory becomes one of the top, under a name that no entry has. */
static int hoist(struct removal *t, int dir_fd, const char *name)
{
        for (;;) {
                char free_name[32];

                snprintf(free_name, sizeof(free_name), ".#deep.%u", t->hoisted++);
                if (renameat2(dir_fd, name, t->top_fd, free_name, RENAME_NOREPLACE) >= 0)
                        return 0;
                if (errno != EEXIST)
                        return set_error(t, dir_fd, name, errno);
        }
}

static int remove_entry(struct removal *t, int dir_fd, const struct dirent *de, unsigned depth)
{
        if (de->d_type != DT_DIR) {
                if (unlinkat(dir_fd, de->d_name, 0) >= 0)
                        return 0;
                if (errno != EISDIR) /* DT_UNKNOWN */
                        return set_error(t, dir_fd, de->d_name, errno);
        }
        return depth < REMOVAL_DEPTH_MAX ? remove_directory(t, dir_fd, de->d_name, depth + 1)
                                         : hoist(t, dir_fd, de->d_name);
}

static int remove_entries(struct removal *t, DIR *dir, unsigned depth, unsigned *ret_n)
{
        unsigned n = 0;

        rewinddir(dir);
        for (;;) {
                struct dirent *de;
                int r;

                errno = 0;
                de = readdir(dir);
                if (!de) {
                        if (errno)
                                return set_error(t, dirfd(dir), ".", errno);
                        *ret_n = n;
                        return 0;
                }
                if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
                        continue;
                r = remove_entry(t, dirfd(dir), de, depth);
                if (r < 0)
                        return r;
                n++;
        }
}

/* Until nothing is left: what is moved up while the top is read may be seen or not. Takes fd. */
static int remove_contents(struct removal *t, int fd, unsigned depth, bool top)
{
        _cleanup_closedir_ DIR *dir = fdopendir(fd);
        int r = 0, outer_top = t->top_fd;
        unsigned n = 0;

        if (!dir) {
                fd_close(fd);
                return error_set_oom(t->error);
        }
        if (top)
                t->top_fd = fd;
        do {
                r = remove_entries(t, dir, depth, &n);
        } while (r >= 0 && n > 0);
        t->top_fd = outer_top;
        return r;
}

/* A subvolume goes in one step, unless there are others in it: then its contents go first. Nothing can be
 * moved from one subvolume to another, so each is a top of its own. Takes fd. */
static int remove_subvolume(struct removal *t, int dir_fd, const char *name, int fd, unsigned depth)
{
        _cleanup_close_ int subvolume_fd = fd;
        struct btrfs_subvolume subvolume;
        int r;

        r = btrfs_subvolume_get(fd, &subvolume);
        if (r >= 0)
                r = btrfs_subvolume_destroy(dir_fd, name);
        if (r == -ENOTEMPTY) {
                r = btrfs_subvolume_set_read_only(fd, false);
                if (r < 0)
                        return set_error(t, dir_fd, name, r);
                r = remove_contents(t, steal_fd(&subvolume_fd), depth, true);
                if (r < 0)
                        return r;
                r = btrfs_subvolume_destroy(dir_fd, name);
        }
        if (r < 0)
                return set_error(t, dir_fd, name, r);
        btrfs_quota_forget(dir_fd, subvolume.id);
        return 0;
}

static int remove_directory(struct removal *t, int dir_fd, const char *name, unsigned depth)
{
        _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;
        int r;

        if (fd < 0 || fstat(fd, &st) < 0)
                return set_error(t, dir_fd, name, errno);
        if (btrfs_is_subvolume(fd, st.st_ino))
                return remove_subvolume(t, dir_fd, name, steal_fd(&fd), depth);
        r = remove_contents(t, steal_fd(&fd), depth, depth == 0);
        if (r < 0)
                return r;
        return unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 ? set_error(t, dir_fd, name, errno) : 0;
}

int removal_run(int root_fd, int parent_fd, const char *name, struct error *error)
{
        struct removal t = {.root_fd = root_fd, .top_fd = -EBADF, .error = error};

        return remove_directory(&t, parent_fd, name, 0);
}
