/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PARTITION_FILESYSTEM_H
#define PARTITION_FILESYSTEM_H

/*
 * The file systems an image may hold, and what must be known about each: how to mount it without writing a
 * byte or replaying a journal, and where its superblock says how large it is.
 */

#include <stdbool.h>
#include <stdint.h>

struct error;

struct filesystem {
        const char *name;           /* as libblkid says */
        const char *driver;         /* as the kernel says */
        const char *const *options; /* pairs of key and value (NULL: a flag), ended by NULL */
        int (*size)(int fd, uint64_t offset, uint64_t *ret);
};

/* NULL if images may not hold it. */
const struct filesystem *filesystem_find(const char *name);

/* "squashfs, erofs, ext4, ..." for messages. */
const char *filesystem_names(void);

/* True for what libblkid calls encrypted volumes (LUKS, BitLocker). */
bool filesystem_is_encrypted(const char *name);

/*
 * How many bytes the file system says it needs from offset in fd on. Returns 0 or a negative errno: -ENODATA
 * if the superblock lies beyond the end. The value is as hostile as the image; it saturates at UINT64_MAX.
 */
int filesystem_size(const struct filesystem *fs, int fd, uint64_t offset, uint64_t *ret);

#endif
