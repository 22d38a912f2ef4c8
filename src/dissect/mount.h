/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DISSECT_MOUNT_H
#define DISSECT_MOUNT_H

/*
 * A block device to a mounted tree that is nowhere in the file system hierarchy: it lives as long as its
 * descriptor. Read-only in every respect, nosuid, nodev, noexec, nosymfollow, no journal is replayed. Who
 * wants to follow a symlink in it does so by hand (basic/chase.h).
 */

struct error;
struct filesystem;

/*
 * device_fd: the block device. what: "partition 2 (root)" for messages. Returns a descriptor of the root of
 * the mounted tree. Errors carry the kernel's own reason where it gives one.
 */
int mount_device(const struct filesystem *fs, int device_fd, const char *image, const char *what,
                 int *ret_fd, struct error *error);

/*
 * root_fd and usr_fd (both from mount_device(); root_fd may be negative: an empty tree with nothing but usr)
 * to one tree with the one at /usr of the other. The descriptors stay the caller's and may be closed.
 */
int mount_combine(int root_fd, int usr_fd, const char *image, int *ret_fd, struct error *error);

/* fsmount(2) with the given attributes and all that keep a hostile tree harmless. A descriptor or a negative
 * errno. For mount_combine(). */
int mount_from_context(int context_fd, unsigned attributes);

/* The two ways mount_combine() has; the second works on kernels before 6.15 (Linux 5.12). For tests. */
int mount_combine_detached(int root_fd, int usr_fd, int *ret_fd);
int mount_combine_in_namespace(int root_fd, int usr_fd, int *ret_fd);

#endif
