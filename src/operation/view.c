/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/view.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "dissect/stack.h"
#include "image/image.h"
#include "image/way.h"
#include "operation/operation.h"

static int deny(const char *asked, struct error *error)
{
        _cleanup_free_ char *shown = text_escape(asked);

        return error_set(error, ERROR_ACCESS_DENIED, EACCES,
                         "Access to image '%s' is denied: others than root have a say in what it is, or it "
                         "lies where only root may look",
                         shown ?: "?");
}

int view_check_image(struct operation *o, const char *asked, const struct image *image, struct error *error)
{
        struct way way;

        if (o->viewer == OPERATION_TRUSTED)
                return 0;
        return way_look_image(o->root_fd, asked, image, &way) < 0 || !way.safe ? deny(asked, error) : 0;
}

int view_check_stack(struct operation *o, const char *asked, const struct stack *stack, struct error *error)
{
        for (size_t i = 0; o->viewer != OPERATION_TRUSTED && i < stack->n; i++) {
                const struct stack_part *part = stack->parts + i;
                struct way entry, file;

                if (way_look(o->root_fd, part->entry, &entry) < 0 || !entry.safe ||
                    way_look(o->root_fd, part->path, &file) < 0 || !file.safe)
                        return deny(asked, error);
        }
        return 0;
}

int view_hide_reason(struct operation *o, const char *asked, int r, struct error *error)
{
        _cleanup_free_ char *shown = text_escape(asked), *plain = NULL;

        if (o->viewer == OPERATION_TRUSTED || !error || error->kind == ERROR_INVALID_ARGS)
                return r;
        if (!shown || asprintf(&plain, "No image '%s' found.", shown) < 0) {
                plain = NULL;
                error_clear(error);
                return error_set_oom(error);
        }
        if (error->kind == ERROR_NO_SUCH_IMAGE && strcmp(error_message(error), plain) == 0)
                return r;
        error_clear(error);
        if (o->viewer == OPERATION_UNKNOWN)
                return deny(asked, error);
        return error_set(error, ERROR_NO_SUCH_IMAGE, ENOENT, "%s", plain);
}

/* Names are no secret, they are in the list of images; where a path leads may be one. */
static bool may_resolve(struct operation *o, const char *asked)
{
        _cleanup_image_ struct image *image = NULL;
        struct way way;

        if (asked[0] == '/' && (way_look(o->root_fd, asked, &way) < 0 || !way.safe || !way.public))
                return false;
        if (image_find(o->root_fd, o->layout, asked, &image, NULL, NULL) < 0)
                return true;
        return way_look_image(o->root_fd, asked, image, &way) >= 0 && way.safe &&
               (asked[0] != '/' || way.public);
}

int view_may_resolve(struct operation *o, const struct operation_request *request, struct error *error)
{
        if (o->viewer == OPERATION_TRUSTED)
                return 1;
        for (size_t i = 0; i == 0 || (request->extensions && request->extensions[i - 1]); i++) {
                const char *asked = i ? request->extensions[i - 1] : request->image;

                if (!may_resolve(o, asked))
                        return o->viewer == OPERATION_UNKNOWN ? deny(asked, error) : 0;
        }
        return 1;
}

/* What lies in an image directory is in the list under its own name, for everybody. 1, 0, or a negative
 * errno. */
static int is_listed_itself(const struct operation *o, const char *path)
{
        _cleanup_free_ char *directory = path_directory(path);

        if (!directory)
                return -ENOMEM;
        for (const char *const *d = o->layout->images; *d; d++)
                if (strcmp(directory, *d) == 0)
                        return 1;
        return 0;
}

int view_show_image(struct operation *o, struct image *image, struct error *error)
{
        struct way way;
        char *path;
        int r;

        /* Without a link or a version it is the entry itself, and the names of these are no secret. */
        if (o->viewer == OPERATION_TRUSTED || !image->entry || strcmp(image->entry, image->path) == 0)
                return 1;
        r = is_listed_itself(o, image->path);
        if (r != 0)
                return r < 0 ? error_set_oom(error) : 1;
        if (way_look_image(o->root_fd, image->name, image, &way) < 0)
                way = (struct way){.led = true};
        if (way.public)
                return 1;
        if (o->viewer == OPERATION_UNKNOWN)
                return deny(image->name, error);
        if (way.led)
                return 0;
        path = strdup(image->entry);
        if (!path)
                return error_set_oom(error);
        free(image->path);
        image->path = path;
        return 1;
}
