/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_NODE_H
#define BASIC_NODE_H

/* Block devices by number, whether or not /dev has a node for them: containers have few, and without udev
 * nodes come late or go early. */

#include <sys/types.h>

/* Opens a node in dir_fd for reading, if it is that block device (device 0: any). Returns a descriptor or a
 * negative errno, -ENXIO if it is something else. */
int node_open(int dir_fd, const char *name, dev_t device);

/* Makes a node that nobody else can see, in a file system that is mounted nowhere, and opens it for reading.
 * Returns a descriptor or a negative errno. */
int node_open_private(dev_t device);

#endif
