/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EXTRACT_READER_INTERNAL_H
#define EXTRACT_READER_INTERNAL_H

/* What the parts of the reader (reader.c, reader-release.c, reader-units.c) share; nobody else includes
 * this. */

#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include "basic/error.h"
#include "extract/extract.h"

struct reader {
        const struct extract_options *options;
        char *image; /* options->path, safe to print */
        struct metadata *metadata;
        size_t n_entries;  /* directory entries seen */
        size_t total_size; /* of unit files read */
        struct error *error;
};

/* Sets the error "Image 'PATH': ...". The image's contents are at fault: ERROR_INVALID_ARGS. Returns
 * -errnum. */
int reader_fail(struct reader *r, int errnum, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same when a system call failed: the reason is appended in words. "path" is a path in the image. */
int reader_fail_errno(struct reader *r, int errnum, const char *what, const char *path);

/* Is this errno of chase_in_root() "not there"? */
static inline int reader_is_missing(int errnum)
{
        return errnum == -ENOENT || errnum == -ENOTDIR;
}

/* Opens a directory by canonical path. 0 or a negative errno. */
int reader_open_directory(struct reader *r, const char *canonical, DIR **ret);

/* The next entry but "." and ".."; counts against EXTRACT_ENTRIES_MAX. Returns 1, 0 at the end, negative
 * with the error set. */
int reader_next_entry(struct reader *r, DIR *d, const char *directory, struct dirent **ret);

struct reader_text {
        char *content; /* owned by the caller */
        size_t size;
};

/* Reads the regular file at a canonical path whose stat is known. "what" names it in errors ("unit
 * 'a.service'"). */
int reader_read_file(struct reader *r, const char *what, const char *canonical, const struct stat *st,
                     size_t max, struct reader_text *ret);

/* The parts. */
int reader_release(struct reader *r);
int reader_units(struct reader *r);

#endif
