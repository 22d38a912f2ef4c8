/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "basic/btrfs.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "image/image.h"
#include "image/manage.h"

/* The id of the subvolume whose top fd is. -ENOTTY if this is not btrfs, -EOPNOTSUPP if it is not the top.
 */
static int subvolume_id(int fd, uint64_t *ret)
{
        struct btrfs_subvolume subvolume;
        struct statfs sfs;
        struct stat st;
        int r;

        if (fstatfs(fd, &sfs) < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (sfs.f_type != BTRFS_SUPER_MAGIC)
                return -ENOTTY;
        if (!btrfs_is_subvolume(fd, st.st_ino))
                return -EOPNOTSUPP;
        r = btrfs_subvolume_get(fd, &subvolume);
        if (r < 0)
                return r;
        *ret = subvolume.id;
        return 0;
}

int image_set_limit(int image_fd, const struct image *image, uint64_t limit, struct error *error)
{
        _cleanup_close_ int fd = -EBADF;
        uint64_t id;
        int r;

        if (!image_kind(image->type)->limit)
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "Image '%s' cannot have a limit: it is not a btrfs subvolume", image->path);
        fd = fd_reopen(image_fd, O_RDONLY | O_DIRECTORY);
        if (fd < 0)
                return error_set_errno(error, fd, "Cannot open image '%s'", image->path);
        r = subvolume_id(fd, &id);
        if (r >= 0)
                r = btrfs_quota_set_limit(fd, id, limit);
        if (r < 0)
                return error_set_errno(error, r, "Cannot set the limit of image '%s'", image->path);
        return 0;
}

int image_pool_get_usage(int root_fd, const struct layout *layout, uint64_t *ret_usage, uint64_t *ret_limit)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, layout->pool, O_RDONLY | O_DIRECTORY, 0);
        struct btrfs_quota quota = {.usage = UINT64_MAX, .limit = UINT64_MAX};
        uint64_t id;

        if (fd < 0 && fd != -ENOENT)
                return fd;
        /* Unknown, for whatever reason, is an answer. */
        if (fd >= 0 && subvolume_id(fd, &id) >= 0)
                (void)btrfs_quota_get(fd, id, &quota);
        *ret_usage = quota.usage;
        *ret_limit = quota.limit;
        return 0;
}

int image_pool_set_limit(int root_fd, const struct layout *layout, uint64_t limit, struct error *error)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, layout->pool, O_RDONLY | O_DIRECTORY, 0);
        uint64_t id;
        int r;

        if (fd < 0)
                return error_set_errno(error, fd, "Cannot open pool '%s'", layout->pool);
        r = subvolume_id(fd, &id);
        if (r == -ENOTTY)
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "Pool '%s' cannot have a limit: its file system is not btrfs",
                                 layout->pool);
        /* A limit of the subvolume around would be one of everything else in it. */
        if (r == -EOPNOTSUPP)
                return error_set(error, ERROR_NOT_SUPPORTED, r,
                                 "Pool '%s' cannot have a limit: it is not a btrfs subvolume of its own",
                                 layout->pool);
        if (r >= 0)
                r = btrfs_quota_set_limit(fd, id, limit);
        if (r < 0)
                return error_set_errno(error, r, "Cannot set the limit of pool '%s'", layout->pool);
        return 0;
}
