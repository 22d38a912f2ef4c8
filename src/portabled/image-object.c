/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/objects.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portabled/daemon.h"
#include "portabled/inner.h"
#include "portabled/vtable.h"
#include "wire/names.h"
#include "wire/result.h"

/* On the outer bus: whatever asks for more than the name of an object has been taken away by
 * lookup_filter(), or is a method, whose worker looks for the image. */
static int find_outer(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
                      sd_bus_error *e)
{
        _cleanup_free_ char *name = NULL;
        int r;

        r = sd_bus_path_decode(path, PORTABLE_IMAGE_PATH, &name);
        if (r <= 0)
                return r;
        if (name[0] == '\0')
                return 0;
        if (name[0] == '/')
                return sd_bus_error_set(e, SD_BUS_ERROR_INVALID_ARGS,
                                        "Images outside of the search path have no object");
        *ret = userdata;
        return 1;
}

static int find_inner(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
                      sd_bus_error *e)
{
        struct daemon *d = userdata;

        *ret = userdata;
        return d->inner->result && d->inner->result->images.n == 1;
}

static int list_images(sd_bus *bus, const char *prefix, void *userdata, char ***ret, sd_bus_error *e)
{
        struct daemon *d = userdata;
        char **names = d->inner->result ? d->inner->result->names : NULL;
        _cleanup_strv_ char **paths = calloc(strv_length(names) + 1, sizeof(*paths));

        if (!paths)
                return -ENOMEM;
        for (size_t i = 0; names && names[i]; i++) {
                int r = sd_bus_path_encode(PORTABLE_IMAGE_PATH, names[i], &paths[i]);

                if (r < 0)
                        return r;
        }
        *ret = steal_pointer(paths);
        return 1;
}

/* On the inner bus, where it has been found. */
static const struct image_row *image_of(void *userdata)
{
        const struct daemon *d = userdata;

        return d->inner->result->images.rows;
}

static int get_string(sd_bus *bus, const char *path, const char *interface, const char *property,
                      sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        const struct image_row *image = image_of(userdata);

        return sd_bus_message_append(reply, "s",
                                     property[0] == 'N'   ? image->name
                                     : property[0] == 'P' ? image->path
                                                          : image->type);
}

static int get_read_only(sd_bus *bus, const char *path, const char *interface, const char *property,
                         sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "b", (int)image_of(userdata)->read_only);
}

#define GETTER(name, field) \
        static int name(sd_bus *bus, const char *path, const char *interface, const char *property, \
                        sd_bus_message *reply, void *userdata, sd_bus_error *error) \
        { \
                return sd_bus_message_append(reply, "t", image_of(userdata)->field); \
        }

GETTER(get_crtime, crtime)
GETTER(get_mtime, mtime)
GETTER(get_usage, usage)
GETTER(get_limit, limit)
GETTER(get_usage_exclusive, usage_exclusive)
GETTER(get_limit_exclusive, limit_exclusive)

static const sd_bus_vtable properties[] = {
        SD_BUS_PROPERTY("Name", "s", get_string, 0, 0),
        SD_BUS_PROPERTY("Path", "s", get_string, 0, 0),
        SD_BUS_PROPERTY("Type", "s", get_string, 0, 0),
        SD_BUS_PROPERTY("ReadOnly", "b", get_read_only, 0, 0),
        SD_BUS_PROPERTY("CreationTimestamp", "t", get_crtime, 0, 0),
        SD_BUS_PROPERTY("ModificationTimestamp", "t", get_mtime, 0, 0),
        SD_BUS_PROPERTY("Usage", "t", get_usage, 0, 0),
        SD_BUS_PROPERTY("Limit", "t", get_limit, 0, 0),
        SD_BUS_PROPERTY("UsageExclusive", "t", get_usage_exclusive, 0, 0),
        SD_BUS_PROPERTY("LimitExclusive", "t", get_limit_exclusive, 0, 0),
        SD_BUS_VTABLE_END,
};

/* Of our own interface. call_handle_property() answers, since the answer needs the service manager; where
 * the properties of all interfaces are asked for it is left out. It changes when a unit is started or
 * stopped, by whomever, of which a daemon that is not there says nothing: so it is not annotated as one to
 * be cached. */
static int get_state(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED, "Ask for the property State alone");
}

static const sd_bus_vtable own_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("State", "s", get_state, 0, SD_BUS_VTABLE_PROPERTY_EXPLICIT),
        SD_BUS_VTABLE_END,
};

/*
 * Of a call to an object that can't be sd-bus forgets what find_outer() had to say, unless a vtable has the
 * method or property asked for: the caller would see the bare text of an errno.
 */
static int check_object(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        const char *path = sd_bus_message_get_path(m);
        void *found;
        int r;

        if (sd_bus_message_is_method_call(m, NULL, NULL) <= 0 || !path ||
            sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Peer", NULL) > 0)
                return 0;
        r = find_outer(sd_bus_message_get_bus(m), path, NULL, userdata, &found, e);
        return r < 0 ? r : 0;
}

int image_object_make(struct daemon *d)
{
        return vtable_make(PORTABLE_IMAGE_INTERFACE, properties, NULL, &d->vtables[VTABLE_IMAGE]);
}

int image_object_register(struct daemon *d, sd_bus *bus, bool inner)
{
        sd_bus_object_find_t find = inner ? find_inner : find_outer;
        int r = inner ? 0 : sd_bus_add_filter(bus, NULL, check_object, d);

        if (r >= 0)
                r = sd_bus_add_fallback_vtable(bus, NULL, PORTABLE_IMAGE_PATH, PORTABLE_IMAGE_INTERFACE,
                                               d->vtables[VTABLE_IMAGE].items, find, d);
        if (r >= 0)
                r = sd_bus_add_fallback_vtable(bus, NULL, PORTABLE_IMAGE_PATH, PORTABLED_IMAGE_INTERFACE,
                                               own_vtable, find, d);
        if (r < 0)
                return r;
        return sd_bus_add_node_enumerator(bus, NULL, PORTABLE_IMAGE_PATH, list_images, d);
}

int image_object_register_sample(struct daemon *d, sd_bus *bus)
{
        int r = sd_bus_add_object_vtable(bus, NULL, PORTABLE_IMAGE_PATH, PORTABLE_IMAGE_INTERFACE,
                                         d->vtables[VTABLE_IMAGE].items, d);

        return r < 0 ? r
                     : sd_bus_add_object_vtable(bus, NULL, PORTABLE_IMAGE_PATH, PORTABLED_IMAGE_INTERFACE,
                                                own_vtable, d);
}
