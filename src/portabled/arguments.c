/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "portabled/call.h"
#include "wire/codec.h"
#include "wire/methods.h"
#include "wire/names.h"

/* What a string costs beside its bytes. */
#define STRING_OVERHEAD 32U

/* What they are called in messages, and how many there may be. */
static const struct {
        const char *name, *shown;
        size_t max;
} limits[] = {
        {"image", "Image", 0},
        {"images", "Images", ARGUMENT_IMAGES_MAX},
        {"items", "Definitions", ARGUMENT_IMAGES_MAX},
        {"definition", "Definition", 0},
        {"policy", "Image policy", 0},
        {"verb", "Operation", 0},
        {"extensions", "Extensions", ARGUMENT_EXTENSIONS_MAX},
        {"matches", "Matches", ARGUMENT_MATCHES_MAX},
        {"profile", "Profile", 0},
        {"copy_mode", "Copy mode", 0},
        {"units", "Unit files", ARGUMENT_MATCHES_MAX},
};

struct argument_reading {
        struct call *c;
        struct error *error;
};

static int account(struct call *c, size_t bytes, struct error *error)
{
        c->size += bytes + STRING_OVERHEAD;
        if (c->size <= ARGUMENT_SIZE_MAX)
                return 0;
        return error_set(error, ERROR_LIMITS_EXCEEDED, E2BIG,
                         "The arguments of this call are too long (more than %u bytes in all)",
                         ARGUMENT_SIZE_MAX);
}

static int fail_long(const char *what, const char *s, size_t n, struct error *error)
{
        _cleanup_free_ char *head = strndup(s, 32), *shown = head ? text_escape(head) : NULL;

        return error_set(error, ERROR_LIMITS_EXCEEDED, ENAMETOOLONG,
                         "%s '%s...' is too long (%zu bytes, at most %u)", what, shown ?: "", n,
                         ARGUMENT_STRING_MAX);
}

/* As codec_accept. */
static int accept_item(const struct codec_field *f, const char *s, size_t n, void *userdata)
{
        const struct argument_reading *g = userdata;
        size_t length = s ? strlen(s) : 0, i = 0;
        int r = 0;

        while (i < ELEMENTSOF(limits) && strcmp(limits[i].name, f->name) != 0)
                i++;
        if (i == ELEMENTSOF(limits))
                return -EINVAL;
        if (length > ARGUMENT_STRING_MAX)
                return fail_long(limits[i].shown, s, length, g->error);
        if (s)
                r = account(g->c, length, g->error);
        if (r >= 0 && limits[i].max > 0 && n == limits[i].max)
                r = error_set(g->error, ERROR_LIMITS_EXCEEDED, E2BIG, "%s: more than %zu in one call",
                              limits[i].shown, limits[i].max);
        return r;
}

/* "/a/b/" is a path to "/a/b"; anything else stays as it is, to be judged by the operation. */
static void trim(char *image)
{
        size_t n = image ? strlen(image) : 0;

        if (n > 2 && image[0] == '/' && image[n - 1] == '/' && image[n - 2] != '/')
                image[n - 1] = '\0';
}

int arguments_read(struct call *c, bool image_object, struct error *error)
{
        struct argument_reading g = {c, error};
        const struct codec_field *f;
        char *image = NULL;
        int r = 1;

        if (image_object) {
                r = sd_bus_path_decode(sd_bus_message_get_path(c->message), PORTABLE_IMAGE_PATH, &image);
                if (r <= 0)
                        return r < 0 ? r : -EINVAL;
                c->request.image = image;
                c->request.of_object = true;
                if (strlen(image) > ARGUMENT_STRING_MAX)
                        return fail_long("Image", image, strlen(image), error);
        }
        for (size_t i = 0; r >= 0 && (f = method_argument(c->method, i, image_object)); i++)
                r = codec_read(c->message, f, &c->request, accept_item, &g);
        if (r < 0)
                return r;
        if (c->request.runtime)
                c->request.flags |= PORTABLE_RUNTIME;
        if (!image_object)
                trim((char *)c->request.image);
        for (char *const *e = c->request.extensions; e && *e; e++)
                trim(*e);
        return 0;
}
