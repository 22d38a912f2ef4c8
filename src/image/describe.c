/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/describe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "basic/btrfs.h"
#include "basic/cleanup.h"
#include "basic/fd.h"

void search_directory_clear(struct search_directory *p)
{
        p->fd = fd_close(p->fd);
        free(p->path);
        p->path = NULL;
}

int search_directory_open(int root_fd, const char *path, struct search_directory *ret)
{
        _cleanup_search_directory_ struct search_directory p = {.fd = -EBADF};
        struct statvfs vfs;
        struct statx sx;
        int r;

        p.fd = fd_open_in_root(root_fd, path, O_RDONLY | O_DIRECTORY, 0);
        if (p.fd < 0)
                return p.fd;
        r = fd_path_in_root(root_fd, p.fd, &p.path);
        if (r < 0)
                return r;
        if (statx(p.fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &sx) >= 0 && (sx.stx_mask & STATX_MNT_ID))
                p.mount_id = sx.stx_mnt_id;
        if (fstatvfs(p.fd, &vfs) < 0)
                return -errno;
        p.read_only = vfs.f_flag & ST_RDONLY;
        *ret = p;
        p = (struct search_directory){.fd = -EBADF};
        return 0;
}

static uint64_t timestamp_to_us(const struct statx_timestamp *t)
{
        return t->tv_sec <= 0 ? 0 : (uint64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000;
}

/* The descriptor of a described directory, for the calls that take no name. */
static int open_directory(int dir_fd, const char *name)
{
        int fd;

        if (!*name)
                return fd_reopen(dir_fd, O_RDONLY | O_DIRECTORY);
        fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int directory_is_on_read_only(int dir_fd, const char *name, const struct statx *sx,
                                     const struct search_directory *place)
{
        _cleanup_close_ int fd = -EBADF;
        struct statvfs vfs;

        if (place && place->mount_id && (sx->stx_mask & STATX_MNT_ID) && sx->stx_mnt_id == place->mount_id)
                return place->read_only;
        if (*name) {
                fd = openat(dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (fd < 0)
                        return -errno;
        }
        if (fstatvfs(*name ? fd : dir_fd, &vfs) < 0)
                return -errno;
        return !!(vfs.f_flag & ST_RDONLY);
}

/* File systems that do not tell by statx(2) are asked by ioctl; many know no attributes at all. */
static int directory_is_immutable(int dir_fd, const char *name, const struct statx *sx)
{
        _cleanup_close_ int fd = -EBADF;
        unsigned flags;

        if (sx->stx_attributes_mask & STATX_ATTR_IMMUTABLE)
                return !!(sx->stx_attributes & STATX_ATTR_IMMUTABLE);
        fd = open_directory(dir_fd, name);
        if (fd < 0)
                return fd;
        return ioctl(fd, FS_IOC_GETFLAGS, &flags) >= 0 && (flags & FS_IMMUTABLE_FL);
}

/* The quota is left unknown where there is none, or none that we may read. */
static int describe_subvolume(int fd, struct image *i)
{
        struct btrfs_subvolume subvolume;
        struct btrfs_quota quota;
        int r;

        i->type = IMAGE_SUBVOLUME;
        r = btrfs_subvolume_get(fd, &subvolume);
        if (r < 0)
                return r;
        i->crtime = subvolume.crtime;
        i->read_only = i->read_only || subvolume.read_only;
        if (btrfs_quota_get(fd, subvolume.id, &quota) >= 0) {
                i->usage = quota.usage;
                i->usage_exclusive = quota.usage_exclusive;
                i->limit = quota.limit;
                i->limit_exclusive = quota.limit_exclusive;
        }
        return 0;
}

static int describe_directory(int dir_fd, const char *name, const struct statx *sx,
                              const struct search_directory *place, struct image *i)
{
        int r;

        i->type = IMAGE_DIRECTORY;
        i->crtime = sx->stx_mask & STATX_BTIME ? timestamp_to_us(&sx->stx_btime) : 0;
        r = directory_is_on_read_only(dir_fd, name, sx, place);
        if (r == 0)
                r = directory_is_immutable(dir_fd, name, sx);
        if (r < 0)
                return r;
        i->read_only = r;

        if (sx->stx_ino == BTRFS_SUBVOLUME_INODE) {
                _cleanup_close_ int fd = open_directory(dir_fd, name);

                if (fd < 0)
                        return fd;
                if (btrfs_is_subvolume(fd, sx->stx_ino))
                        return describe_subvolume(fd, i);
        }
        return 0;
}

static void describe_raw(const struct statx *sx, struct image *i)
{
        i->type = IMAGE_RAW;
        i->crtime = sx->stx_mask & STATX_BTIME ? timestamp_to_us(&sx->stx_btime) : 0;
        i->mtime = timestamp_to_us(&sx->stx_mtime);
        i->usage = i->usage_exclusive = sx->stx_blocks * 512;
        i->limit = i->limit_exclusive = sx->stx_size;
        i->read_only = !(sx->stx_mode & 0222);
}

/* The kernel's word, without opening the device, which may wake a disk up or wait for one that is gone. */
static void describe_block(const struct statx *sx, struct image *i)
{
        _cleanup_close_ int fd = -EBADF;
        char path[64], c;

        i->type = IMAGE_BLOCK;
        i->read_only = !(sx->stx_mode & 0222);
        snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/ro", sx->stx_rdev_major, sx->stx_rdev_minor);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && read(fd, &c, 1) == 1 && c == '1')
                i->read_only = true;
}

int image_describe(int dir_fd, const char *name, bool suffixed, const struct search_directory *place,
                   struct image *i)
{
        struct statx sx;

        if (statx(dir_fd, name, (*name ? 0 : AT_EMPTY_PATH) | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
                  STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, &sx) < 0)
                return -errno;

        i->id = (struct image_id){makedev(sx.stx_dev_major, sx.stx_dev_minor), sx.stx_ino,
                                  sx.stx_mode & S_IFMT};
        i->crtime = i->mtime = 0;
        i->usage = i->usage_exclusive = i->limit = i->limit_exclusive = UINT64_MAX;
        if (S_ISLNK(sx.stx_mode))
                return -ELOOP;
        if (S_ISDIR(sx.stx_mode))
                return describe_directory(dir_fd, name, &sx, place, i);
        if (S_ISREG(sx.stx_mode) && suffixed) {
                describe_raw(&sx, i);
                return 0;
        }
        if (S_ISBLK(sx.stx_mode)) {
                describe_block(&sx, i);
                return 0;
        }
        return -EMEDIUMTYPE;
}
