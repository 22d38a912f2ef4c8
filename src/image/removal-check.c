/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/btrfs.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "image/removal.h"

struct check {
        int root_fd;
        uint64_t mount_id;
        unsigned subvolumes; /* how many we are in: the kernel does not ask for attributes when it destroys
                                one */
        struct error *error;
};

static int refuse(struct check *c, int dir_fd, const char *name, int errnum, const char *why)
{
        _cleanup_free_ char *directory = NULL, *path = NULL, *shown = NULL;
        int r = fd_path_in_root(c->root_fd, dir_fd, &directory);

        if (r < 0)
                return error_set_errno(c->error, r, "Failed to look at '%s' in an image to be removed",
                                       name);
        path = path_join(directory, name);
        shown = path ? text_escape(path) : NULL;
        if (!shown)
                return error_set_oom(c->error);
        return error_set(c->error, ERROR_SYSTEM, errnum, "'%s' %s, so the image can't be removed.", shown,
                         why);
}

static int check_directory(struct check *c, int dir_fd, const char *name, uint64_t inode, unsigned depth);

static int check_entry(struct check *c, int dir_fd, const char *name, unsigned depth)
{
        struct statx sx;

        if (statx(dir_fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_INO | STATX_MNT_ID,
                  &sx) < 0)
                return refuse(c, dir_fd, name, errno, "can't be looked at");
        if (sx.stx_mask & STATX_MNT_ID && c->mount_id && sx.stx_mnt_id != c->mount_id)
                return refuse(c, dir_fd, name, EBUSY, "is a mount point");
        if (c->subvolumes == 0 && (sx.stx_attributes & STATX_ATTR_IMMUTABLE))
                return refuse(c, dir_fd, name, EPERM, "is read-only (has the immutable attribute)");
        if (c->subvolumes == 0 && (sx.stx_attributes & STATX_ATTR_APPEND))
                return refuse(c, dir_fd, name, EPERM, "has the append-only attribute");
        return S_ISDIR(sx.stx_mode) && depth < REMOVAL_DEPTH_MAX
                       ? check_directory(c, dir_fd, name, sx.stx_ino, depth + 1)
                       : 0;
}

static int check_entries(struct check *c, DIR *dir, unsigned depth)
{
        for (;;) {
                struct dirent *de;
                int r;

                errno = 0;
                de = readdir(dir);
                if (!de)
                        return errno ? refuse(c, dirfd(dir), ".", errno, "can't be read") : 0;
                if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
                        continue;
                r = check_entry(c, dirfd(dir), de->d_name, depth);
                if (r < 0)
                        return r;
        }
}

static int check_directory(struct check *c, int dir_fd, const char *name, uint64_t inode, unsigned depth)
{
        _cleanup_closedir_ DIR *dir = NULL;
        int r, fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        bool subvolume;

        if (fd < 0)
                return refuse(c, dir_fd, name, errno, "can't be opened");
        dir = fdopendir(fd);
        if (!dir) {
                fd_close(fd);
                return error_set_oom(c->error);
        }
        subvolume = btrfs_is_subvolume(fd, inode);
        c->subvolumes += subvolume;
        r = check_entries(c, dir, depth);
        c->subvolumes -= subvolume;
        return r;
}

int removal_check(int root_fd, int parent_fd, const char *name, struct error *error)
{
        struct check c = {.root_fd = root_fd, .error = error};
        struct statx sx;

        if (statx(parent_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &sx) >= 0 && (sx.stx_mask & STATX_MNT_ID))
                c.mount_id = sx.stx_mnt_id;
        return check_entry(&c, parent_fd, name, 0);
}
