/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_BTRFS_H
#define BASIC_BTRFS_H

/*
 * The few calls for btrfs subvolumes and their quota groups, straight to the kernel (linux/btrfs.h): what
 * the images need is less than a library would bring along, and no library has the quota part. fd is a
 * readable descriptor of the directory in question. All return 0 or a negative errno.
 */

#include <stdbool.h>
#include <stdint.h>

/* The inode number of the top directory of every subvolume. */
#define BTRFS_SUBVOLUME_INODE 256

/* True if the directory fd (O_PATH is fine) with this inode number is the top of a subvolume. */
bool btrfs_is_subvolume(int fd, uint64_t inode);

struct btrfs_subvolume {
        uint64_t id;
        uint64_t crtime; /* µs */
        bool read_only;
};

int btrfs_subvolume_get(int fd, struct btrfs_subvolume *ret);
int btrfs_subvolume_set_read_only(int fd, bool read_only);

/* Destroys the subvolume name in the directory dir_fd. -ENOTEMPTY if there are others in it. */
int btrfs_subvolume_destroy(int dir_fd, const char *name);

struct btrfs_quota {
        uint64_t usage, usage_exclusive; /* bytes */
        uint64_t limit, limit_exclusive; /* bytes, UINT64_MAX: none */
};

/* What the quota tree says of the subvolume id. -ENOENT if quotas are off or know nothing of it, -EPERM
 * without CAP_SYS_ADMIN. */
int btrfs_quota_get(int fd, uint64_t id, struct btrfs_quota *ret);

/* Sets (UINT64_MAX: lifts) the limit of referenced bytes of the subvolume id, and of the group around it
 * that systemd makes where it has set a limit. Quotas of the file system are switched on if they were off.
 */
int btrfs_quota_set_limit(int fd, uint64_t id, uint64_t limit);

/* Forgets the groups of a destroyed subvolume, as far as the kernel lets go of them yet. */
void btrfs_quota_forget(int fd, uint64_t id);

#endif
