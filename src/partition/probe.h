/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PARTITION_PROBE_H
#define PARTITION_PROBE_H

/*
 * Reads the partition table and the file system signatures of an image from its own descriptor by libblkid:
 * no loop device, no partition scan of the kernel, no udev.
 */

#include "partition/partition.h"

struct error;

/*
 * fd: open for reading, a regular file or block device. image: for messages, already safe to print.
 *
 * All partitions of the table are returned, those of no concern too, in the order of the table; file systems
 * are looked for in those an image can use. A partition that reaches past the end of the image, a damaged
 * table, and an image that holds nothing known are errors: ERROR_FAILED with -EUCLEAN, -ENODATA or
 * -EMEDIUMTYPE, the message says what and where.
 */
int image_probe(int fd, const char *image, struct partition_table *ret, struct error *error);

/* Loads what that needs, so that processes forked later have it already. Who finds it missing says so. */
void image_probe_prepare(void);

#endif
