/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_ENTRY_H
#define IMAGE_ENTRY_H

/* From an entry of a directory, or a path, to an image: follows links inside the root, sets names and paths.
 */

#include <stdbool.h>

#include "image/image.h"

struct search_directory;

/*
 * Opens the entry (a file name) of directory, a search path directory, and describes it. *ret_fd (may be
 * NULL) is an O_PATH descriptor of it, *ret_form its form. Returns 0 or a negative errno.
 */
int entry_open(int root_fd, const char *directory, const char *name, struct image **ret,
               enum entry_form *ret_form, int *ret_fd);

/* The same without opening more than needed, for an entry that was just read from the directory behind
 * place. */
int entry_read(int root_fd, const char *directory, const struct search_directory *place, const char *name,
               struct image **ret, enum entry_form *ret_form);

/* The same for a normalised path anywhere, which may also be DIR.v/NAME___ or DIR.v/NAME___.raw. The entry
 * is set only if the path itself is a link. */
int entry_open_path(int root_fd, const char *path, struct image **ret, int *ret_fd);

/* True for what the above return for an entry that is just of no use: gone, dangling, a loop, no image, a
 * versioned directory without a version for this machine (-ENOMEDIUM), a path that no unit file could hold
 * (-EILSEQ). */
bool entry_error_is_broken(int r);

#endif
