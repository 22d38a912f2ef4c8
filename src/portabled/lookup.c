/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/lookup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
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

static int answer_looked_up(struct call *c, const struct result *result, sd_bus_message *m, sd_bus_error *e)
{
        struct inner *inner = c->daemon->inner;
        int r;

        inner->result = result;
        r = pass_on(c, m, e);
        inner->result = NULL;
        return r;
}

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
static const char *find_lookup(sd_bus_message *m, char **ret_image)
{
        const char *path = sd_bus_message_get_path(m);

        if (!path)
                return NULL;
        if (strcmp(path, PORTABLE_MANAGER_PATH) == 0)
                return asks_for_pool(m) ? "pool" : NULL;
        if (strcmp(path, PORTABLE_IMAGE_PATH) == 0)
                return sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Introspectable",
                                                     "Introspect") > 0
                               ? "names"
                               : NULL;
        if (!asks_for_image(m) || sd_bus_path_decode(path, PORTABLE_IMAGE_PATH, ret_image) <= 0)
                return NULL;
        return (*ret_image)[0] != '\0' && (*ret_image)[0] != '/' ? "image" : NULL;
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
        const char *lookup;
        struct call *c;
        int r;

        r = check_lengths(m, e);
        if (r < 0)
                return r;
        r = call_handle_property(m, userdata, e);
        if (r != 0)
                return r;
        lookup = find_lookup(m, &image);
        if (!lookup)
                return 0;
        r = inner_open(userdata);
        if (r < 0)
                return r;
        c = call_new(userdata, m, method_find(NULL, lookup));
        if (!c)
                return -ENOMEM;
        c->answer = answer_looked_up;
        c->request.image = steal_pointer(image);
        call_begin(c);
        return 1;
}
