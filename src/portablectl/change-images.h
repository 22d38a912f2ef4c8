/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_CHANGE_IMAGES_H
#define PORTABLECTL_CHANGE_IMAGES_H

/*
 * attach, detach and reattach, of one image or of several (IMAGE is a pattern over the image names, or --all
 * is given): one call where that is possible, one reload, one line for each image that was refused.
 */

#include <stdbool.h>

#include "portablectl/install-ask.h"
#include "wire/request.h"

struct change_list;
struct client;
struct error;
struct request;

/* The changes of all images, borrowed. */
struct changes_done {
        const struct change_list *removed, *updated;
        struct install_images images;
};

struct change_verb {
        enum operation_verb verb;
        const char *name; /* "attach" */
        const char *done; /* "attached" */
        /* detach: what is done to the units of each image before; may be NULL. args: prefixes */
        int (*before)(struct client *client, char **args, struct request *request, struct error *error);
        /* What is done with all changes in the end: to unit files, before the reload; and to units, after
         * it. Either may be NULL, reports what fails, and returns -EIO then; or sets error. */
        int (*files)(struct client *client, const struct changes_done *done, struct error *error);
        int (*after)(struct client *client, const struct changes_done *done, struct error *error);
};

/* args: the image, and prefixes. */
int change_images(struct client *client, const struct change_verb *verb, char **args, struct error *error);

/* Whether it is a pattern over names. */
bool change_is_pattern(const char *arg);

/* The names of the images that arg, or with --all its absence, means. *ret stays as it is if there is none
 * and that is not an error. */
int change_get_names(struct client *client, const struct change_verb *verb, const char *arg, char ***ret,
                     struct error *error);

#endif
