/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_FAULT_DISK_H
#define TEST_FAULT_DISK_H

/*
 * A disk in memory that remembers the order of its writes and flushes, so that the instant of a power loss
 * can be chosen afterwards. It is a loop device on the only file of a FUSE file system, which a child
 * process serves from memory shared with us. (Where device-mapper is there, dm-log-writes does the same; it
 * often isn't.)
 *
 * While the disk is not mounted its content may be changed with disk_apply() and disk_revert().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk;
struct disk_log;

/* What the file system sent to the disk. */
struct disk_event {
        bool flush; /* everything before it is durable */
        uint64_t offset;
        uint32_t size;
        size_t new_data, old_data; /* positions in the log's memory */
};

/* size in bytes. directory: where a file to mount on is made. Ends the program on failure, as all of this.
 */
struct disk *disk_new(uint64_t size, const char *directory);
void disk_free(struct disk *d);

/* Mounts and unmounts the file system on the disk, through a loop device that vanishes with the mount.
 * Returns 0 or a negative errno. */
int disk_mount(struct disk *d, const char *type, const char *target);
void disk_unmount(struct disk *d, const char *target);

/* Runs a command line with %s standing for a loop device on the disk. */
void disk_run(struct disk *d, const char *command);

/* The log: starts anew, or is not kept, with the next write. */
void disk_log(struct disk *d, bool on);
size_t disk_n_events(const struct disk *d);

/* Takes the log out of the disk, which may then keep another. */
struct disk_log *disk_take_log(struct disk *d);
void disk_log_free(struct disk_log *l);
size_t disk_log_length(const struct disk_log *l);
const struct disk_event *disk_log_event(const struct disk_log *l, size_t i);

/* Writes event i of the log to the disk, or what was there before it: right only in the order of the log,
 * and back in reverse. A flush does nothing. */
void disk_apply(struct disk *d, const struct disk_log *l, size_t i);
void disk_revert(struct disk *d, const struct disk_log *l, size_t i);

#endif
