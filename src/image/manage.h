/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_MANAGE_H
#define IMAGE_MANAGE_H

/*
 * Changes to images themselves: removal, the read-only mark, limits, and figures of the pool. The image is
 * not attached and locked by then. All is done to the file that image_find() opened, which image_fd still
 * is, and to none that has come in its place: whoever owns a directory above an image can swap that at any
 * time.
 */

#include <stdbool.h>
#include <stdint.h>

struct error;
struct image;
struct layout;

/*
 * Removes a directory, a subvolume with those in it, or a raw file with its side-cars (NAME.roothash,
 * .roothash.p7s, .verity); an image reached by a link (image->link) loses the link, never the target. Of a
 * versioned directory only the picked version goes. As with systemd the read-only mark protects a directory
 * (EPERM), but neither a raw file nor a subvolume.
 *
 * Before anything is removed a directory is looked through for what would stop the removal half way. Refused
 * (ERROR_SYSTEM): what is below /usr (EROFS), mount points in a directory (EBUSY), immutable files in it
 * (EPERM), directories that hold one of the search path (EBUSY), and what is another file by now (ESTALE).
 * ERROR_NOT_SUPPORTED: block devices.
 */
int image_remove(int root_fd, const struct layout *layout, const struct image *image, struct error *error);

/* See spec "Read-only": immutable attribute, subvolume flag, write permission bits, or for a block device
 * the kernel's own flag. ERROR_NOT_SUPPORTED where a file system has no attributes, ERROR_SYSTEM EROFS below
 * /usr. */
int image_set_read_only(int image_fd, const struct image *image, bool read_only, struct error *error);

/* btrfs quota of a subvolume, bytes referenced, UINT64_MAX for none. Switches quotas of the file system on
 * if they are off. ERROR_NOT_SUPPORTED for everything else. */
int image_set_limit(int image_fd, const struct image *image, uint64_t limit, struct error *error);

/* The pool: used bytes and limit of its subvolume, UINT64_MAX where unknown or none;
 * images that are subvolumes are not counted. A pool that is not a subvolume of its own can have no limit
 * (ERROR_NOT_SUPPORTED). */
int image_pool_get_usage(int root_fd, const struct layout *layout, uint64_t *ret_usage, uint64_t *ret_limit);
int image_pool_set_limit(int root_fd, const struct layout *layout, uint64_t limit, struct error *error);

#endif
