/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/btrfs.h"

#include <errno.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

bool btrfs_is_subvolume(int fd, uint64_t inode)
{
        struct statfs sfs;

        return inode == BTRFS_SUBVOLUME_INODE && fstatfs(fd, &sfs) >= 0 && sfs.f_type == BTRFS_SUPER_MAGIC;
}

int btrfs_subvolume_get(int fd, struct btrfs_subvolume *ret)
{
        struct btrfs_ioctl_get_subvol_info_args info = {0};
        uint64_t flags = 0;

        if (ioctl(fd, BTRFS_IOC_GET_SUBVOL_INFO, &info) < 0 ||
            ioctl(fd, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) < 0)
                return -errno;
        *ret = (struct btrfs_subvolume){
                .id = info.treeid,
                .crtime = info.otime.sec * 1000000 + info.otime.nsec / 1000,
                .read_only = flags & BTRFS_SUBVOL_RDONLY,
        };
        return 0;
}

int btrfs_subvolume_set_read_only(int fd, bool read_only)
{
        uint64_t flags, wanted;

        if (ioctl(fd, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) < 0)
                return -errno;
        wanted = read_only ? flags | BTRFS_SUBVOL_RDONLY : flags & ~BTRFS_SUBVOL_RDONLY;
        if (wanted != flags && ioctl(fd, BTRFS_IOC_SUBVOL_SETFLAGS, &wanted) < 0)
                return -errno;
        return 0;
}

int btrfs_subvolume_destroy(int dir_fd, const char *name)
{
        struct btrfs_ioctl_vol_args args = {0};

        if (strlen(name) >= sizeof(args.name))
                return -ENAMETOOLONG;
        strcpy(args.name, name);
        return ioctl(dir_fd, BTRFS_IOC_SNAP_DESTROY, &args) < 0 ? -errno : 0;
}
