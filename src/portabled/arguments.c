/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "portabled/call.h"
#include "wire/names.h"

/* What a string costs beside its bytes. */
#define STRING_OVERHEAD 32U

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

/* what: for the error. 1: *ret is the next string, in the memory of the message; 0: the array is over. */
static int read_string(struct call *c, const char *what, const char **ret, struct error *error)
{
        const char *s;
        int r = sd_bus_message_read_basic(c->message, 's', &s);
        size_t n;

        if (r <= 0)
                return r;
        n = strlen(s);
        if (n > ARGUMENT_STRING_MAX)
                return fail_long(what, s, n, error);
        r = account(c, n, error);
        if (r < 0)
                return r;
        *ret = s;
        return 1;
}

static int read_one(struct call *c, const char *what, const char **ret, struct error *error)
{
        int r = read_string(c, what, ret, error);

        return r == 0 ? -ENXIO : r < 0 ? r : 0;
}

/* as: at most max strings. */
static int read_strings(struct call *c, const char *what, size_t max, char ***ret, struct error *error)
{
        _cleanup_strv_ char **l = NULL;
        const char *s = "";
        size_t n = 0;
        int r = sd_bus_message_enter_container(c->message, 'a', "s");

        while (r >= 0 && (r = read_string(c, what, &s, error)) > 0) {
                if (n == max)
                        return error_set(error, ERROR_LIMITS_EXCEEDED, E2BIG,
                                         "%s: more than %zu in one call", what, max);
                /* There is always a NULL behind the last one. */
                if (array_grow((void **)&l, n + 1, sizeof(*l)) < 0)
                        return -ENOMEM;
                l[n] = strdup(s);
                if (!l[n])
                        return -ENOMEM;
                l[++n] = NULL;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(c->message);
        if (r < 0)
                return r;
        *ret = steal_pointer(l);
        return 0;
}

/* a(sas): images, each with its matches. */
static int read_images(struct call *c, struct error *error)
{
        struct job *j = &c->job;
        int r = sd_bus_message_enter_container(c->message, 'a', "(sas)");

        while (r >= 0 && (r = sd_bus_message_enter_container(c->message, 'r', "sas")) > 0) {
                struct job_image *image;

                if (j->n_images == ARGUMENT_IMAGES_MAX)
                        return error_set(error, ERROR_LIMITS_EXCEEDED, E2BIG,
                                         "Images: more than %u in one call", ARGUMENT_IMAGES_MAX);
                if (array_grow((void **)&j->images, j->n_images, sizeof(*j->images)) < 0)
                        return -ENOMEM;
                image = j->images + j->n_images;
                *image = (struct job_image){};
                r = read_one(c, "Image", &image->image, error);
                if (r >= 0)
                        r = read_strings(c, "Matches", ARGUMENT_MATCHES_MAX, &image->matches, error);
                if (r < 0)
                        return r;
                j->n_images++;
                r = sd_bus_message_exit_container(c->message);
        }
        return r < 0 ? r : sd_bus_message_exit_container(c->message);
}

/* "/a/b/" is a path to "/a/b"; anything else stays as it is, to be judged by the operation. */
static size_t image_length(const char *image)
{
        size_t n = strlen(image);

        return image[0] == '/' && n > 2 && image[n - 1] == '/' && image[n - 2] != '/' ? n - 1 : n;
}

static int read_image(struct call *c, struct error *error)
{
        int r = read_one(c, "Image", &c->job.image, error);

        if (r < 0 || c->job.image[image_length(c->job.image)] == '\0')
                return r;
        c->image = strndup(c->job.image, image_length(c->job.image));
        c->job.image = c->image;
        return c->image ? 0 : -ENOMEM;
}

static int read_extensions(struct call *c, struct error *error)
{
        int r = read_strings(c, "Extensions", ARGUMENT_EXTENSIONS_MAX, &c->job.extensions, error);

        for (char **e = c->job.extensions; r >= 0 && e && *e; e++)
                (*e)[image_length(*e)] = '\0';
        return r;
}

static int read_number(struct call *c, char letter)
{
        struct job *j = &c->job;
        int b = 0, r;

        switch (letter) {
        case 'f':
                return sd_bus_message_read_basic(c->message, 't', &j->flags);
        case 'l':
                return sd_bus_message_read_basic(c->message, 't', &j->limit);
        case 'r':
                r = sd_bus_message_read_basic(c->message, 'b', &b);
                j->flags = b ? PORTABLE_RUNTIME : 0;
                return r;
        case 'o':
                r = sd_bus_message_read_basic(c->message, 'b', &b);
                j->read_only = b;
                return r;
        default:
                return -EINVAL;
        }
}

static int read_argument(struct call *c, char letter, struct error *error)
{
        struct job *j = &c->job;

        switch (letter) {
        case 'i':
                return c->image ? 0 : read_image(c, error);
        case 'I':
                return read_images(c, error);
        case 'v':
                return read_one(c, "Operation", &j->verb, error);
        case 'e':
                return read_extensions(c, error);
        case 'm':
                return read_strings(c, "Matches", ARGUMENT_MATCHES_MAX, &j->matches, error);
        case 'p':
                return read_one(c, "Profile", &j->profile, error);
        case 'c':
                return read_one(c, "Copy mode", &j->copy_mode, error);
        default:
                return read_number(c, letter);
        }
}

int arguments_read(struct call *c, bool image, struct error *error)
{
        int r = 0;

        if (image) {
                r = sd_bus_path_decode(sd_bus_message_get_path(c->message), PORTABLE_IMAGE_PATH, &c->image);
                if (r <= 0)
                        return r < 0 ? r : -EINVAL;
                if (strlen(c->image) > ARGUMENT_STRING_MAX)
                        return fail_long("Image", c->image, strlen(c->image), error);
                c->job.image = c->image;
                c->job.of_object = true;
        }
        for (const char *letter = c->method->arguments; *letter && r >= 0; letter++)
                r = read_argument(c, *letter, error);
        return r;
}
