/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/lookup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/strv.h"
#include "image/image.h"
#include "portabled/arguments.h"
#include "portabled/call.h"
#include "portabled/daemon.h"
#include "portabled/inner.h"
#include "wire/names.h"

/* Of an image object: each byte of a name may be escaped with three. */
#define OBJECT_PATH_MAX (3U * ARGUMENT_STRING_MAX + 64U)

/* What the D-Bus Specification grants names of interfaces and members. */
#define BUS_NAME_MAX 255U

/* The answer of the inner bus, which now has what it needs, becomes ours. */
static int pass_on(struct call *c, sd_bus_message *m, sd_bus_error *e)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
        int r = inner_call(c->daemon->inner, c->message, &answer);

        if (r < 0)
                return r;
        if (sd_bus_message_is_method_error(answer, NULL)) {
                r = sd_bus_error_copy(e, sd_bus_message_get_error(answer));
                return r < 0 ? r : -EIO;
        }
        return sd_bus_message_copy(m, answer, true);
}

/* The twin of job_describe(). */
static int read_image(struct unpack *u, struct image **ret)
{
        _cleanup_image_ struct image *i = calloc(1, sizeof(*i));
        uint32_t type;

        if (!i)
                return -ENOMEM;
        i->name = unpack_string_required(u);
        i->path = unpack_string_required(u);
        type = unpack_u32(u);
        i->type = type < IMAGE_TYPE_MAX ? (enum image_type)type : IMAGE_TYPE_MAX;
        i->read_only = unpack_u32(u) != 0;
        i->crtime = unpack_u64(u);
        i->mtime = unpack_u64(u);
        i->usage = unpack_u64(u);
        i->usage_exclusive = unpack_u64(u);
        i->limit = unpack_u64(u);
        i->limit_exclusive = unpack_u64(u);
        if (u->failed || i->type == IMAGE_TYPE_MAX)
                return -EBADMSG;
        *ret = steal_pointer(i);
        return 0;
}

static int answer_image(struct call *c, struct unpack *u, sd_bus_message *m, sd_bus_error *e)
{
        struct inner *inner = c->daemon->inner;
        int r = read_image(u, &inner->image);

        if (r >= 0)
                r = pass_on(c, m, e);
        inner->image = image_free(inner->image);
        return r;
}

static int answer_names(struct call *c, struct unpack *u, sd_bus_message *m, sd_bus_error *e)
{
        struct inner *inner = c->daemon->inner;
        int r;

        inner->names = unpack_strv(u);
        r = inner->names ? pass_on(c, m, e) : -EBADMSG;
        strv_free(inner->names);
        inner->names = NULL;
        return r;
}

static int answer_pool(struct call *c, struct unpack *u, sd_bus_message *m, sd_bus_error *e)
{
        struct inner *inner = c->daemon->inner;

        inner->pool_usage = unpack_u64(u);
        inner->pool_limit = unpack_u64(u);
        return u->failed ? -EBADMSG : pass_on(c, m, e);
}

static const struct method look_at_image = {.job = job_describe, .answer = answer_image};
static const struct method look_for_names = {.job = job_names, .answer = answer_names};
static const struct method look_at_pool = {.job = job_pool, .answer = answer_pool};

/* The interface and the property (NULL: all) that a call reads. 0 if it reads none. */
static int read_question(sd_bus_message *m, const char **ret_interface, const char **ret_property)
{
        const char *interface, *property = NULL;
        int r;

        if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "Get") > 0 &&
            sd_bus_message_has_signature(m, "ss"))
                r = sd_bus_message_read(m, "ss", &interface, &property);
        else if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "GetAll") > 0 &&
                 sd_bus_message_has_signature(m, "s"))
                r = sd_bus_message_read(m, "s", &interface);
        else
                return 0;
        if (r >= 0)
                r = sd_bus_message_rewind(m, true);
        if (r < 0)
                return r;
        *ret_interface = interface;
        *ret_property = property;
        return 1;
}

static bool asks_for_pool(sd_bus_message *m)
{
        const char *interface, *property;

        if (read_question(m, &interface, &property) <= 0 ||
            (*interface && strcmp(interface, PORTABLE_MANAGER_INTERFACE) != 0))
                return false;
        return !property || strcmp(property, "PoolUsage") == 0 || strcmp(property, "PoolLimit") == 0;
}

static bool asks_for_image(sd_bus_message *m)
{
        const char *interface, *property;

        return sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Introspectable", "Introspect") > 0 ||
               read_question(m, &interface, &property) > 0;
}

/* What has to be looked up to answer; NULL: nothing. *ret_image is the name of the image, if it is one. */
static const struct method *find_method(sd_bus_message *m, char **ret_image)
{
        const char *path = sd_bus_message_get_path(m);

        if (!path)
                return NULL;
        if (strcmp(path, PORTABLE_MANAGER_PATH) == 0)
                return asks_for_pool(m) ? &look_at_pool : NULL;
        if (strcmp(path, PORTABLE_IMAGE_PATH) == 0)
                return sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Introspectable",
                                                     "Introspect") > 0
                               ? &look_for_names
                               : NULL;
        if (!asks_for_image(m) || sd_bus_path_decode(path, PORTABLE_IMAGE_PATH, ret_image) <= 0)
                return NULL;
        return (*ret_image)[0] != '\0' && (*ret_image)[0] != '/' ? &look_at_image : NULL;
}

/* What sd-bus says of objects, interfaces and properties that it does not know repeats them whole. */
static int check_lengths(sd_bus_message *m, sd_bus_error *e)
{
        const char *path = sd_bus_message_get_path(m), *interface, *property = NULL;

        if (sd_bus_message_is_method_call(m, NULL, NULL) <= 0)
                return 0;
        if (path && strlen(path) > OBJECT_PATH_MAX)
                return sd_bus_error_setf(e, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                         "The object path is too long (%zu bytes, at most %u)", strlen(path),
                                         OBJECT_PATH_MAX);
        if (read_question(m, &interface, &property) > 0 &&
            (strlen(interface) > BUS_NAME_MAX || (property && strlen(property) > BUS_NAME_MAX)))
                return sd_bus_error_setf(e, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                         "Names of interfaces and properties have at most %u bytes",
                                         BUS_NAME_MAX);
        return 0;
}

int lookup_filter(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        _cleanup_free_ char *image = NULL;
        const struct method *method;
        struct call *c;
        int r;

        r = check_lengths(m, e);
        if (r < 0)
                return r;
        r = call_handle_property(m, userdata, e);
        if (r != 0)
                return r;
        method = find_method(m, &image);
        if (!method)
                return 0;
        r = inner_open(userdata);
        if (r < 0)
                return r;
        c = call_new(userdata, m, method);
        if (!c)
                return -ENOMEM;
        c->image = steal_pointer(image);
        c->job.image = c->image;
        call_begin(c);
        return 1;
}
