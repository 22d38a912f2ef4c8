/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_SHOW_STATUS_H
#define PORTABLECTL_SHOW_STATUS_H

/* The state of attached images on standard output. */

#include <stdbool.h>

struct client;
struct error;
struct image_status;

/* A block for each thing attached, or JSON. image: as asked for; NULL: all. last: of several that are shown,
 * so that what does not belong to an image is told once. */
int show_status(const struct client *client, const char *image, const struct image_status *s, bool last,
                struct error *error);

#endif
