/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

/*
 * What images there are, seen from outside: names, paths, types, times, sizes. Nothing here looks into an
 * image. All is relative to root_fd, the directory that stands for "/".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/kind.h"

struct error;
struct layout;

/* Tells a file from any other that is there at the same time. Hold a descriptor of it: numbers of inodes are
 * used again. */
struct image_id {
        uint64_t device, inode;
        uint32_t type; /* S_IFMT of st_mode */
};

struct image {
        char *name;  /* without .raw, .v, .raw.v: "minimal_1"; a directory keeps a .raw */
        char *path;  /* the file itself, absolute in the root: links followed, versions picked; printable */
        char *entry; /* the entry in the search path it was found by, NULL when found by path */
        char *link;  /* the link that led to it (the entry, the path given, or the pick), NULL if none did:
                        what image_remove() removes */
        struct image_id id, link_id; /* of the file itself, and of the link */
        enum image_type type;
        bool read_only;
        bool versioned;                  /* picked from a .v/ directory */
        uint64_t crtime, mtime;          /* µs since the epoch, 0 if unknown; directories: no mtime */
        uint64_t usage, usage_exclusive; /* bytes, UINT64_MAX if unknown */
        uint64_t limit, limit_exclusive; /* bytes, UINT64_MAX if unknown or unlimited */
};

struct image *image_free(struct image *i);
void cleanup_imagep(struct image **i);
#define _cleanup_image_ __attribute__((cleanup(cleanup_imagep)))

struct image_list {
        struct image **items;
        size_t n;
        char **silent; /* paths of entries that do not answer, NULL: all do */
};

void image_list_clear(struct image_list *l);
#define _cleanup_image_list_ __attribute__((cleanup(image_list_clear)))

/*
 * Finds one image by name in the search path, or by absolute normalised path. The file name of an entry
 * ("minimal_1.raw") counts as name, too. Links are followed inside the root, also those in /etc/portables
 * (as systemd does from 262 on): markers and RootDirectory=/RootImage= get image->path, which starts even
 * when the link is gone. To lock an image reached by a link or by its name alike, take the name of its path.
 *
 * *ret_fd (may be NULL) is an O_PATH descriptor of exactly the file or directory described: use it, not the
 * path, for everything that follows. Errors: ERROR_INVALID_ARGS (neither a valid name nor a normalised
 * absolute path; a path with control characters or invalid UTF-8), ERROR_NO_SUCH_IMAGE (name, also if it is
 * masked), ERROR_SYSTEM with ENOENT (a path that does not exist; -ENOENT), ERROR_BAD_IMAGE_TYPE,
 * ERROR_SYSTEM (e.g. permission; with the path).
 */
int image_find(int root_fd, const struct layout *layout, const char *name_or_path, struct image **ret,
               int *ret_fd, struct error *error);

/* Whether the name is masked in the search path, by a link to /dev/null: 1 and the path of the link in *ret,
 * which the caller owns; 0 if not; or -ENOMEM. */
int image_find_mask(int root_fd, const struct layout *layout, const char *name, char **ret);

/* All images of the search path, the first hit for a name wins (in one directory: the directory before the
 * raw file), sorted by name. Broken and hidden entries are left out, and so is what lies on a file system
 * that does not answer (guard.h). ERROR_SYSTEM if a directory can't be read. */
int image_list_read(int root_fd, const struct layout *layout, struct image_list *ret, struct error *error);

/* True if the file name in the directory dir_fd, or dir_fd itself if name is "", is this one. */
bool image_id_is(const struct image_id *id, int dir_fd, const char *name);

#endif
