/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_COPY_H
#define TRANSACTION_COPY_H

/*
 * A faithful copy of an image, file or directory tree, for copy mode "mixed": data with holes, hard links,
 * symlinks, FIFOs and sockets, ownership, modes, times and extended attributes. Device nodes are left out,
 * but for those of overlayfs that stand for nothing (0:0). copy-data.c has the bytes, copy-metadata.c the
 * rest of an inode, copy.c the tree.
 *
 * Mounts below the source are not entered: their place is an empty directory or file, as it would be in the
 * unmounted image. What the file system or our privileges can't keep (ownership for a caller other than
 * root, attributes it has no room for) is left out, as cp -a does; set-user-ID bits go with a lost owner.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct error;
struct transaction_copy;

/* Tells how far a copy has got; see transaction_stage_copy(). */
struct copy_progress {
        void (*call)(uint64_t done, uint64_t total, void *userdata);
        void *userdata;
        uint64_t done, total; /* bytes, as st_size counts them */
        int64_t last;         /* ms, monotonic: of the last call */
};

/* Adds to "done" and calls, not more often than every 100 ms. */
void copy_progress_add(struct copy_progress *p, uint64_t bytes);

/* Copies copy->fd to name in dir_fd, which is free; see transaction_stage_copy(). */
int copy_image(const struct transaction_copy *copy, int dir_fd, const char *name, char ***notes,
               struct error *error);

/* Copies size bytes and holes from the start of "in" to the empty file "out". Returns 0 or a negative errno;
 * -ESTALE if "in" gets shorter meanwhile. */
int copy_data(int in, int out, uint64_t size, struct copy_progress *p);

/* A file by descriptor (fd >= 0), or by name in a directory where it can't be opened (symlinks, devices). */
struct copy_object {
        int fd;
        int dir_fd;
        const char *name;
};

/* Gives "to" the owner, attributes, mode and times of "from", whose stat is st. Returns 0 or a negative
 * errno. */
int copy_metadata(const struct copy_object *from, const struct stat *st, const struct copy_object *to);

#endif
