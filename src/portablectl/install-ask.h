/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_INSTALL_ASK_H
#define PORTABLECTL_INSTALL_ASK_H

/* What the check of [Install] sections (operation/install-check.h) reads, as this command sees it: what may
 * not be read here the daemon is asked for, once for all units. */

#include <stddef.h>

#include "basic/error.h"
#include "operation/install-source.h"
#include "portablectl/here.h"

struct client;
struct image_metadata;
struct request;

/* The images whose units are enabled or disabled; all borrowed. */
struct install_images {
        const struct request *requests;
        size_t n;
};

struct install_ask {
        struct install_source source; /* refers to this structure, which must not be moved */
        struct client *client;
        struct install_images images;
        struct image_metadata *metadata; /* of each image, once asked for */
        struct error why;                /* it is not there for all */
        struct here here;
};

/* To be ended in either case. */
int install_ask_begin(struct client *client, const struct install_images *images, struct install_ask *ret,
                      struct error *error);
void install_ask_end(struct install_ask *a);
#define _cleanup_install_ask_ __attribute__((cleanup(install_ask_end)))

#endif
