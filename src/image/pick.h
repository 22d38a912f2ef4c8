/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_PICK_H
#define IMAGE_PICK_H

/*
 * Versioned directories, systemd.v(7): from NAME.v/, NAME.raw.v/ or DIR.v/NAME___.raw to the newest file for
 * this machine. The parsing and the order are pure and need no machine: for tests and fuzzers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/architecture.h"

struct image_id;

/* What to look for: files BASE_*SUFFIX. */
struct pick_pattern {
        char *base;          /* not empty */
        char *suffix;        /* may be empty */
        bool want_directory; /* directories BASE_* */
        bool want_raw;       /* files and block devices BASE_*.raw */
};

void pick_pattern_clear(struct pick_pattern *p);
#define _cleanup_pick_pattern_ __attribute__((cleanup(pick_pattern_clear)))

/* The pattern for the name of a versioned directory: "x.v" wants directories x_*, "x.raw.v" raw files
 * x_*.raw. -EINVAL if it is no such name, -ENOMEM. */
int pick_pattern_from_directory(const char *name, struct pick_pattern *ret);

/* The pattern for the part after "DIR.v/" with a "___" in it: "x___.raw" wants raw files x_*.raw, anything
 * else directories. -EINVAL if it is no such name, -ENOMEM. */
int pick_pattern_from_file(const char *name, struct pick_pattern *ret);

/* A file name that fits. No allocation: version points into the file name. */
struct pick_candidate {
        const char *file;
        const char *version;
        size_t version_length;
        enum architecture_fit fit;
        uint32_t tries_left; /* UINT32_MAX: not counted */
        uint32_t tries_done;
        bool raw; /* must be a raw file or block device, else a directory */
};

/*
 * Takes NAME_VERSION[_ARCHITECTURE][+LEFT[-DONE]]SUFFIX apart. native is the architecture of the machine
 * ("x86-64"; NULL: unknown). False if the
 * file name does not fit or is for another architecture. A word in the place of the architecture that is
 * none is dropped, as systemd does.
 */
bool pick_parse(const char *file, const char *base, const char *suffix, const char *native,
                struct pick_candidate *ret);

/*
 * Below, equal to or above 0 if a is worse than, the same as or better than b. In this order: tries left at
 * all, version, architecture, tries left, tries done, and the file name by bytes, so that two files are
 * never equal.
 */
int pick_compare(const struct pick_candidate *a, const struct pick_candidate *b);

/* A versioned directory with more entries is not looked through: anybody may ask for an image in it. */
#define PICK_ENTRIES_MAX 4096

/*
 * Opens the best file for this machine in the directory dir_fd (any descriptor of it) of the tree root_fd;
 * links are followed inside the tree, what is dangling or of the wrong type is passed over. *ret_fd: an
 * O_PATH descriptor; *ret_path: the path in the directory, owned by the caller; *ret_link: see link_open().
 * -ENOMEDIUM if there is none, -E2BIG if there are more than PICK_ENTRIES_MAX entries, or the errno of a
 * failed call.
 */
int pick_open(int root_fd, int dir_fd, const struct pick_pattern *pattern, int *ret_fd, char **ret_path,
              struct image_id *ret_link);

/* One that pick_open() could have opened. */
struct pick_file {
        char *path, *version; /* without architecture and tries */
};

struct pick_files {
        struct pick_file *items;
        size_t n;
};

void pick_files_clear(struct pick_files *f);

/* All files for this machine in the versioned directory of that path, the best first: what pick_open() takes
 * is the first of them. Errors as there. */
int pick_list(int root_fd, const char *directory, struct pick_files *ret);

#endif
