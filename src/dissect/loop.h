/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DISSECT_LOOP_H
#define DISSECT_LOOP_H

/*
 * One loop device for one range of a file or block device. It goes away by itself when the last descriptor
 * and mount of it do (LO_FLAGS_AUTOCLEAR), however the process ends. Works with a fixed pool of nodes in
 * /dev, as containers have, and with many processes that want devices at once.
 */

#include <stdint.h>

struct error;

/*
 * Attaches the bytes from offset on, size many (both in bytes; size a multiple of 512 or the rest is cut
 * off), of backing_fd, read-only. image is for messages. Returns a descriptor of the device open for
 * reading, to be kept until it is mounted. Waits up to some seconds for a device to become free. Errors:
 * ERROR_SYSTEM, or ERROR_LIMITS_EXCEEDED with -EBUSY if all devices stay in use.
 */
int loop_attach(int backing_fd, uint64_t offset, uint64_t size, const char *image, int *ret_fd,
                struct error *error);

/* Whether there is any node of a loop device in /dev. loop_attach() makes one where it is allowed to: a
 * daemon that is confined is not, nor does a service manager. image is for messages. 0, or ERROR_SYSTEM with
 * -ENODEV.
 */
int loop_check_nodes(const char *image, struct error *error);

#endif
