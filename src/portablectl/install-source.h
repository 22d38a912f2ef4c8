/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_INSTALL_SOURCE_H
#define PORTABLECTL_INSTALL_SOURCE_H

/* What the check of [Install] sections (units-install.h) has to know: the text of a unit, and which units
 * the host has. Both come from the file system; of other hosts, and of what only root may read, the text
 * comes from the daemon, and of other hosts their service manager says which units there are. */

#include <stdbool.h>
#include <stddef.h>

#include "portablectl/here.h"

struct client;
struct error;
struct image_metadata;
struct request;

/* The images whose units are enabled or disabled; all borrowed. */
struct install_images {
        const struct request *requests;
        size_t n;
};

struct install_source {
        struct client *client;
        struct install_images images;
        struct image_metadata *metadata; /* of each image, once asked for */
        struct error why;                /* it is not there for all */
        struct here here;
};

int install_source_begin(struct client *client, const struct install_images *images,
                         struct install_source *ret, struct error *error);
void install_source_end(struct install_source *s);
#define _cleanup_install_source_ __attribute__((cleanup(install_source_end)))

/* The text of the unit file path. -ENOENT, with an error, if there is none; other errors say why it cannot
 * be read. */
int install_source_read(struct install_source *s, const char *path, char **ret, size_t *ret_size,
                        struct error *error);

/* The path of a unit file by that name, NULL if there is none; a link to unit is none. */
int install_source_find(struct install_source *s, const char *name, const char *unit, char **ret,
                        struct error *error);

#endif
