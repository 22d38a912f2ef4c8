/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_MANY_H
#define PORTABLECTL_MANY_H

/*
 * attach, detach and reattach of several images in one go: IMAGE is a pattern over the image names, or
 * --all, --dry-run or --atomic is given. One call, one reload, one line for each image that was refused.
 */

#include <stdbool.h>

#include "portablectl/backend.h"
#include "portablectl/install-source.h"

struct client;
struct error;
struct request;

/* The changes of all images, borrowed. */
struct many_done {
        const struct change_list *removed, *updated;
        struct install_images images;
};

struct many {
        enum operation_verb verb;
        const char *name; /* "attach" */
        const char *done; /* "attached" */
        /* detach: what is done to the units of each image before; may be NULL. args: prefixes */
        int (*before)(struct client *client, char **args, struct request *request, struct error *error);
        /* What is done with all changes in the end: to unit files, before the reload; and to units, after
         * it. Either may be NULL, reports what fails, and returns -EIO then; or sets error. */
        int (*files)(struct client *client, const struct many_done *done, struct error *error);
        int (*after)(struct client *client, const struct many_done *done, struct error *error);
};

/* Whether the options or the argument ask for it. */
bool many_is_wanted(const struct client *client, const char *arg);

int many_run(struct client *client, const struct many *many, char **args, struct error *error);

/* attach and reattach of one image, by the call that systemd's portabled has, too. */
int many_run_one(struct client *client, const struct many *many, char **args, struct error *error);

/* Whether it is a pattern over names. */
bool many_is_pattern(const char *arg);

/* The names of the images that arg, or with --all its absence, means, in many-names.c. *ret stays as it is
 * if there is none and that is not an error. */
int many_names(struct client *client, const struct many *many, const char *arg, char ***ret,
               struct error *error);

#endif
