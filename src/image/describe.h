/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_DESCRIBE_H
#define IMAGE_DESCRIBE_H

/* From a file to a struct image: type, times, sizes, the read-only mark. */

#include "image/image.h"

/* A directory in which images are found. Zero-initialise; fd -EBADF. */
struct search_directory {
        int fd;            /* O_RDONLY|O_DIRECTORY */
        char *path;        /* absolute in the root, all symlinks resolved, owned */
        uint64_t mount_id; /* of the directory itself, 0 if the kernel does not tell */
        bool read_only;    /* its file system is mounted read-only */
};

void search_directory_clear(struct search_directory *p);
#define _cleanup_search_directory_ __attribute__((cleanup(search_directory_clear)))

/* Opens path, a directory in the tree root_fd. */
int search_directory_open(int root_fd, const char *path, struct search_directory *ret);

/*
 * Describes the file name in the directory dir_fd, or dir_fd itself if name is "". Symlinks are not
 * followed. suffixed: the name it goes by ends in ".raw", which a regular file needs. place (may be NULL)
 * only saves calls. Sets everything but the name and the paths, which the caller does. -EMEDIUMTYPE if this
 * is not an image, -ELOOP for a symlink, or the errno of the failed call.
 */
int image_describe(int dir_fd, const char *name, bool suffixed, const struct search_directory *place,
                   struct image *i);

#endif
