/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_WAY_H
#define IMAGE_WAY_H

/*
 * Who has a say in where a path leads, and who could follow it: what the daemon reads as root on behalf of
 * anybody must not be chosen by anybody.
 */

#include <stdbool.h>

struct image;

struct way {
        bool safe;   /* every directory, link and file on it belongs to root, who alone can write to it */
        bool public; /* everybody could follow it: there is no directory that not all may search, or that
                        has an access control list */
        bool led;    /* one of its links is of somebody else, or where somebody else could put it */
};

/* Follows path (absolute in the tree root_fd) to its end, links inside the tree. What is not there is no
 * secret and no danger of itself: the way ends with the last that is. Returns 0 or a negative errno (-ELOOP,
 * -ENOMEM, errors of the file system), ret is set then, too, to neither safe nor public. */
int way_look(int root_fd, const char *path, struct way *ret);

/* The same for all that led image_find() to this image: entry, links, the file. asked: by which path or
 * name. */
int way_look_image(int root_fd, const char *asked, const struct image *image, struct way *ret);

#endif
