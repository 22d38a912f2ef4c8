/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/vtable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/strv.h"
#include "portabled/call.h"
#include "wire/codec.h"
#include "wire/methods.h"
#include "wire/names.h"

typedef const struct codec_field *(*get_field)(const struct method *method, size_t i, bool image_object);

static const struct codec_field *get_result(const struct method *method, size_t i, bool image_object)
{
        const struct codec_field *f = method_result(method, i);

        return f && f->name ? f : NULL;
}

/* Signatures one behind the other. Returns NULL if out of memory. */
static const char *make_signature(struct vtable *v, const struct method *method, get_field get,
                                  bool image_object)
{
        const struct codec_field *f;
        size_t size = 1;
        char *text;

        for (size_t i = 0; (f = get(method, i, image_object)); i++)
                size += strlen(f->signature);
        text = calloc(1, size);
        if (strv_consume(&v->texts, text) < 0)
                return NULL;
        for (size_t i = 0; (f = get(method, i, image_object)); i++)
                strcat(text, f->signature);
        return text;
}

/* Names of arguments, then of results, each with its NUL, and one more in the end. Source:
 * sd_bus_add_object_vtable(3), SD_BUS_METHOD_WITH_NAMES. */
static const char *make_names(struct vtable *v, const struct method *method, bool image_object)
{
        static const get_field gets[] = {method_argument, get_result};
        const struct codec_field *f;
        char *text, *end;
        size_t size = 1;

        for (size_t k = 0; k < ELEMENTSOF(gets); k++)
                for (size_t i = 0; (f = gets[k](method, i, image_object)); i++)
                        size += strlen(f->name) + 1;
        text = end = calloc(1, size);
        if (strv_consume(&v->texts, text) < 0)
                return NULL;
        for (size_t k = 0; k < ELEMENTSOF(gets); k++)
                for (size_t i = 0; (f = gets[k](method, i, image_object)); i++)
                        end = stpcpy(end, f->name) + 1;
        return text;
}

static int make_method(struct vtable *v, const struct method *method, const char *member, bool image_object,
                       sd_bus_vtable *ret)
{
        uint64_t flags = SD_BUS_VTABLE_UNPRIVILEGED | (method->hidden ? SD_BUS_VTABLE_HIDDEN : 0);
        const char *in = make_signature(v, method, method_argument, image_object),
                   *out = make_signature(v, method, get_result, image_object),
                   *names = make_names(v, method, image_object);

        if (!in || !out || !names)
                return -ENOMEM;
        *ret = (sd_bus_vtable)SD_BUS_METHOD_WITH_NAMES(member, in, names, out, , call_handle, flags);
        return 0;
}

static size_t count(const sd_bus_vtable *l)
{
        static const sd_bus_vtable end = SD_BUS_VTABLE_END;
        size_t n = 0;

        while (l && l[n].type != end.type)
                n++;
        return n;
}

void vtable_clear(struct vtable *v)
{
        free(v->items);
        strv_free(v->texts);
        *v = (struct vtable){};
}

int vtable_make(const char *interface, const sd_bus_vtable *before, const sd_bus_vtable *after,
                struct vtable *ret)
{
        bool image_object = strcmp(interface, PORTABLE_IMAGE_INTERFACE) == 0;
        size_t n_before = count(before), n_after = count(after), n = 0;
        __attribute__((cleanup(vtable_clear))) struct vtable v = {
                .items = calloc(n_methods + n_before + n_after + 2, sizeof(*v.items)),
        };

        if (!v.items)
                return -ENOMEM;
        v.items[n++] = (sd_bus_vtable)SD_BUS_VTABLE_START(0);
        for (size_t i = 0; i < n_before; i++)
                v.items[n++] = before[i];
        for (size_t i = 0; i < n_methods; i++) {
                const char *member = method_member(methods + i, interface);

                if (member && make_method(&v, methods + i, member, image_object, v.items + n++) < 0)
                        return -ENOMEM;
        }
        for (size_t i = 0; i < n_after; i++)
                v.items[n++] = after[i];
        v.items[n] = (sd_bus_vtable)SD_BUS_VTABLE_END;
        *ret = v;
        v = (struct vtable){};
        return 0;
}
