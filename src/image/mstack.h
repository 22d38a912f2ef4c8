/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_MSTACK_H
#define IMAGE_MSTACK_H

/*
 * Images in layers, NAME.mstack/: what the entries of the directory say. Source: systemd.mstack(7). Names
 * are parsed without a look at the file system: for tests and fuzzers.
 */

#include <stdbool.h>

#include "dissect/stack.h"

struct error;
struct image;

/* More entries than these make no image: one mounts them all. */
#define MSTACK_ENTRIES_MAX 128

/*
 * The entry of that name, which is a file (a disk image) or else a directory; versioned: it is picked from
 * the directory name, which ends in ".v". Sets use, name, id or where, and raw of *ret, whose other fields
 * are none's. -EINVAL if no entry is called so, -ENOMEM.
 */
int mstack_name_parse(const char *name, bool versioned, bool file, struct stack_part *ret);

/* By use, then layers from the bottom to the top, mount points from the outer to the inner; different names
 * are never equal. */
int mstack_compare(const struct stack_part *a, const struct stack_part *b);

/*
 * Reads the directory image_fd (O_PATH is fine) of the image at path, and opens what its entries lead to,
 * links inside the tree root_fd. Errors name the image and the entry: ERROR_INVALID_ARGS for what is not an
 * image in layers, ERROR_SYSTEM.
 */
int mstack_read(int root_fd, int image_fd, const char *path, struct stack *ret, struct error *error);

/*
 * The same to show what it is made of, for messages: what cannot be opened is in it, too, with its trouble,
 * and a link with where it points. No descriptors are kept. Nothing if there are too many entries, or the
 * directory cannot be read; entries of other names are left out: mstack_read() tells. Returns 0 or -ENOMEM.
 */
int mstack_look(int root_fd, int image_fd, const char *path, struct stack *ret);

/*
 * After image_describe() of a directory: makes it an image in layers if the name it goes by (base) says so,
 * and read-only if no service could write to it. dir_fd, name: as there. What can't be read is not known to
 * be read-only.
 */
void mstack_describe(int dir_fd, const char *name, const char *base, struct image *i);

/* Whether the directory has entries of an image in layers, as their names say, and no others. */
bool mstack_is_one(int image_fd);

#endif
