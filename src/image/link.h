/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_LINK_H
#define IMAGE_LINK_H

/* To know for sure whether a path led through a link at its end: what is opened is looked at, not the path
 * again. */

struct image_id;

/* Opens path (O_PATH) in the tree root_fd; a link at its end is followed inside the tree. *ret_link is the
 * link, zero if path is none. Returns 0 or a negative errno. */
int link_open(int root_fd, const char *path, int *ret_fd, struct image_id *ret_link);

#endif
