/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <endian.h>
#include <errno.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <string.h>
#include <sys/ioctl.h>

#include "basic/btrfs.h"

/* Quota groups are numbered LEVEL/ID. Each subvolume has 0/ID; where systemd has set a limit there is also a
 * group of this level around it. */
#define GROUP_LEVEL 255

static uint64_t group_around(uint64_t id)
{
        return (uint64_t)GROUP_LEVEL << BTRFS_QGROUP_LEVEL_SHIFT | id;
}

/* Reads one item of the quota tree, at most size bytes. */
static int quota_item_read(int fd, uint32_t type, uint64_t group, void *ret, size_t size)
{
        struct btrfs_ioctl_search_args args = {
                .key =
                        {
                                .tree_id = BTRFS_QUOTA_TREE_OBJECTID,
                                .min_type = type,
                                .max_type = type,
                                .min_offset = group,
                                .max_offset = group,
                                .max_transid = UINT64_MAX,
                                .nr_items = 1,
                        },
        };
        struct btrfs_ioctl_search_header header;

        if (ioctl(fd, BTRFS_IOC_TREE_SEARCH, &args) < 0)
                return -errno;
        if (args.key.nr_items == 0)
                return -ENOENT;
        memcpy(&header, args.buf, sizeof(header));
        if (header.type != type || header.offset != group || header.len < size)
                return -EBADMSG;
        memcpy(ret, args.buf + sizeof(header), size);
        return 0;
}

static bool group_exists(int fd, uint64_t group)
{
        struct btrfs_qgroup_info_item info;

        return quota_item_read(fd, BTRFS_QGROUP_INFO_KEY, group, &info, sizeof(info)) == 0;
}

int btrfs_quota_get(int fd, uint64_t id, struct btrfs_quota *ret)
{
        struct btrfs_quota quota = {.limit = UINT64_MAX, .limit_exclusive = UINT64_MAX};
        uint64_t group = group_exists(fd, group_around(id)) ? group_around(id) : id;
        struct btrfs_qgroup_limit_item limit;
        struct btrfs_qgroup_info_item info;
        int r;

        r = quota_item_read(fd, BTRFS_QGROUP_INFO_KEY, group, &info, sizeof(info));
        if (r < 0)
                return r;
        quota.usage = le64toh(info.rfer);
        quota.usage_exclusive = le64toh(info.excl);

        r = quota_item_read(fd, BTRFS_QGROUP_LIMIT_KEY, group, &limit, sizeof(limit));
        if (r < 0 && r != -ENOENT)
                return r;
        if (r >= 0 && (le64toh(limit.flags) & BTRFS_QGROUP_LIMIT_MAX_RFER))
                quota.limit = le64toh(limit.max_rfer);
        if (r >= 0 && (le64toh(limit.flags) & BTRFS_QGROUP_LIMIT_MAX_EXCL))
                quota.limit_exclusive = le64toh(limit.max_excl);
        *ret = quota;
        return 0;
}

static int group_set_limit(int fd, uint64_t group, uint64_t limit)
{
        /* All ones take the flag back: no limit. */
        struct btrfs_ioctl_qgroup_limit_args args = {
                .qgroupid = group,
                .lim = {.flags = BTRFS_QGROUP_LIMIT_MAX_RFER, .max_rfer = limit},
        };

        return ioctl(fd, BTRFS_IOC_QGROUP_LIMIT, &args) < 0 ? -errno : 0;
}

static int quota_enable(int fd)
{
        struct btrfs_ioctl_quota_ctl_args args = {.cmd = BTRFS_QUOTA_CTL_ENABLE};

        return ioctl(fd, BTRFS_IOC_QUOTA_CTL, &args) < 0 ? -errno : 0;
}

int btrfs_quota_set_limit(int fd, uint64_t id, uint64_t limit)
{
        int r = group_set_limit(fd, id, limit);

        /* Quotas are off: then there is no limit to lift. */
        if (r == -ENOTCONN) {
                if (limit == UINT64_MAX)
                        return 0;
                r = quota_enable(fd);
                if (r >= 0)
                        r = group_set_limit(fd, id, limit);
        }
        if (r >= 0 && group_exists(fd, group_around(id)))
                r = group_set_limit(fd, group_around(id), limit);
        return r;
}

static void group_destroy(int fd, uint64_t group)
{
        struct btrfs_ioctl_qgroup_create_args args = {.create = 0, .qgroupid = group};

        (void)ioctl(fd, BTRFS_IOC_QGROUP_CREATE, &args);
}

void btrfs_quota_forget(int fd, uint64_t id)
{
        struct btrfs_ioctl_qgroup_assign_args args = {.assign = 0, .src = id, .dst = group_around(id)};

        if (group_exists(fd, group_around(id))) {
                (void)ioctl(fd, BTRFS_IOC_QGROUP_ASSIGN, &args);
                group_destroy(fd, group_around(id));
        }
        group_destroy(fd, id);
}
