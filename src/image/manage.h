/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_MANAGE_H
#define IMAGE_MANAGE_H

/* Changes to images themselves: removal, the read-only mark, limits, and figures of the pool. Called by
 * operation/, which has checked before that the image is not attached and has locked it. */

#include <stdbool.h>
#include <stdint.h>

struct error;
struct image;

/* Removes a directory, a subvolume with those in it, or a raw file with its side-cars (NAME.roothash,
 * .roothash.p7s, .verity); an image reached by a symlink in the search path loses the link, never the
 * target. Vendor images under /usr and read-only ones are refused (ERROR_SYSTEM EROFS/EPERM with path). */
int image_remove(int root_fd, const struct image *image, struct error *error);

/* See spec "Read-only": immutable attribute, subvolume flag or write permission bits. */
int image_set_read_only(int root_fd, const struct image *image, bool read_only, struct error *error);

/* btrfs quota of a subvolume, bytes, UINT64_MAX for none. ERROR_NOT_SUPPORTED for everything else. */
int image_set_limit(int root_fd, const struct image *image, uint64_t limit, struct error *error);

/* The pool, /var/lib/portables: used bytes and limit, UINT64_MAX where unknown. */
int image_pool_get_usage(int root_fd, uint64_t *ret_usage, uint64_t *ret_limit);
int image_pool_set_limit(int root_fd, uint64_t limit, struct error *error);

#endif
