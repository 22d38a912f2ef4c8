/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/codec.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/strv.h"
#include "basic/text.h"
#include "plan/change.h"
#include "wire/changes.h"
#include "wire/error-names.h"
#include "wire/names.h"

enum kind {
        KIND_STRING,
        KIND_OBJECT,
        KIND_BOOL,
        KIND_NUMBER,
        KIND_STRINGS,
        KIND_BYTES,
        KIND_CHANGES,
        KIND_ERROR,
        KIND_RECORDS,
};

static enum kind kind_of(const struct codec_field *f)
{
        static const struct {
                const char *signature;
                enum kind kind;
        } kinds[] = {
                {"s", KIND_STRING},   {"o", KIND_OBJECT}, {"b", KIND_BOOL},         {"t", KIND_NUMBER},
                {"as", KIND_STRINGS}, {"ay", KIND_BYTES}, {"a(sss)", KIND_CHANGES}, {"ss", KIND_ERROR},
        };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (strcmp(kinds[i].signature, f->signature) == 0)
                        return kinds[i].kind;
        return KIND_RECORDS;
}

static void *value_of(const struct codec_field *f, const void *base)
{
        return (char *)base + f->offset;
}

static size_t *size_of(const struct codec_field *f, const void *base)
{
        return (size_t *)(void *)((char *)base + f->size_offset);
}

static void *item_of(const struct codec_field *f, const void *base, size_t i)
{
        return *(char **)value_of(f, base) + i * f->record->size;
}

/* One more item, zeroed. */
static void *add_item(const struct codec_field *f, void *base)
{
        size_t *n = size_of(f, base);
        void *item;

        if (array_grow(value_of(f, base), *n, f->record->size) < 0)
                return NULL;
        item = item_of(f, base, *n);
        memset(item, 0, f->record->size);
        ++*n;
        return item;
}

static void pack_changes(struct pack *p, const struct change_list *l)
{
        pack_u32(p, (uint32_t)l->n);
        for (size_t i = 0; i < l->n; i++) {
                pack_u32(p, l->items[i].type);
                pack_string(p, l->items[i].path);
                pack_string(p, l->items[i].source);
        }
}

static void pack_records(struct pack *p, const struct codec_field *f, const void *base)
{
        size_t n = *size_of(f, base);

        pack_u32(p, (uint32_t)n);
        for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < f->record->n; k++)
                        codec_pack(p, f->record->fields + k, item_of(f, base, i));
}

void codec_pack(struct pack *p, const struct codec_field *f, const void *base)
{
        const void *value = value_of(f, base);

        switch (kind_of(f)) {
        case KIND_STRING:
        case KIND_OBJECT:
                pack_string(p, *(char *const *)value);
                break;
        case KIND_BOOL:
                pack_u32(p, *(const bool *)value);
                break;
        case KIND_NUMBER:
                pack_u64(p, *(const uint64_t *)value);
                break;
        case KIND_STRINGS:
                pack_strv(p, *(char *const *const *)value);
                break;
        case KIND_BYTES:
                pack_bytes(p, *(char *const *)value, *size_of(f, base));
                break;
        case KIND_CHANGES:
                pack_changes(p, value);
                break;
        case KIND_ERROR:
                pack_error(p, value);
                break;
        case KIND_RECORDS:
                pack_records(p, f, base);
                break;
        }
}

static void unpack_changes(struct unpack *u, struct change_list *l)
{
        size_t n = unpack_count(u, 3 * sizeof(uint32_t));

        for (size_t i = 0; i < n && !u->failed; i++) {
                uint32_t type = unpack_u32(u);
                _cleanup_free_ char *path = unpack_string_required(u), *source = unpack_string(u);

                if (u->failed || type >= CHANGE_TYPE_MAX ||
                    !change_list_add(l, (enum change_type)type, path, source))
                        u->failed = true;
        }
}

static void unpack_records(struct unpack *u, const struct codec_field *f, void *base)
{
        size_t n = unpack_count(u, sizeof(uint32_t));

        for (size_t i = 0; i < n && !u->failed; i++) {
                void *item = add_item(f, base);

                if (!item)
                        u->failed = true;
                for (size_t k = 0; item && k < f->record->n; k++)
                        codec_unpack(u, f->record->fields + k, item);
        }
}

void codec_unpack(struct unpack *u, const struct codec_field *f, void *base)
{
        void *value = value_of(f, base);

        codec_clear(f, base);
        switch (kind_of(f)) {
        case KIND_STRING:
        case KIND_OBJECT:
                *(char **)value = unpack_string(u);
                break;
        case KIND_BOOL:
                *(bool *)value = unpack_u32(u) != 0;
                break;
        case KIND_NUMBER:
                *(uint64_t *)value = unpack_u64(u);
                break;
        case KIND_STRINGS:
                *(char ***)value = unpack_strv(u);
                break;
        case KIND_BYTES:
                *(char **)value = unpack_bytes(u, size_of(f, base));
                break;
        case KIND_CHANGES:
                unpack_changes(u, value);
                break;
        case KIND_ERROR:
                unpack_error(u, value);
                break;
        case KIND_RECORDS:
                unpack_records(u, f, base);
                break;
        }
}

static int append_object(sd_bus_message *m, const char *name)
{
        _cleanup_free_ char *path = NULL;
        int r = name ? sd_bus_path_encode(PORTABLE_IMAGE_PATH, name, &path) : -EBADMSG;

        return r < 0 ? r : sd_bus_message_append_basic(m, 'o', path);
}

static int append_changes(sd_bus_message *m, const struct change_list *l)
{
        int r = sd_bus_message_open_container(m, 'a', "(sss)");

        for (size_t i = 0; r >= 0 && i < l->n; i++)
                r = sd_bus_message_append(m, "(sss)", change_type_to_string(l->items[i].type),
                                          l->items[i].path, l->items[i].source ?: "");
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* How the items of an array are contained: 'r' or 'e', and what is in one, which takes a copy. */
static char contents_of(const struct codec_field *f, char *ret, size_t size)
{
        size_t n = strlen(f->signature);

        memcpy(ret, f->signature + 2, n < size + 3 ? n - 3 : size - 1);
        ret[n < size + 3 ? n - 3 : size - 1] = '\0';
        return f->signature[1] == '(' ? 'r' : 'e';
}

static int append_records(sd_bus_message *m, const struct codec_field *f, const void *base)
{
        char contents[64], type = contents_of(f, contents, sizeof(contents));
        int r = sd_bus_message_open_container(m, 'a', f->signature + 1);

        for (size_t i = 0; r >= 0 && i < *size_of(f, base); i++) {
                r = sd_bus_message_open_container(m, type, contents);
                for (size_t k = 0; r >= 0 && k < f->record->n; k++)
                        r = codec_append(m, f->record->fields + k, item_of(f, base, i));
                if (r >= 0)
                        r = sd_bus_message_close_container(m);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int codec_append(sd_bus_message *m, const struct codec_field *f, const void *base)
{
        const void *value = value_of(f, base);

        switch (kind_of(f)) {
        case KIND_STRING:
                return sd_bus_message_append_basic(m, 's', *(char *const *)value);
        case KIND_OBJECT:
                return append_object(m, *(char *const *)value);
        case KIND_BOOL:
                return sd_bus_message_append(m, "b", (int)*(const bool *)value);
        case KIND_NUMBER:
                return sd_bus_message_append_basic(m, 't', value);
        case KIND_STRINGS:
                return sd_bus_message_append_strv(m, *(char **const *)value);
        case KIND_BYTES:
                return sd_bus_message_append_array(m, 'y', *(char *const *)value, *size_of(f, base));
        case KIND_CHANGES:
                return append_changes(m, value);
        case KIND_ERROR:
                return sd_bus_message_append(m, "ss", error_is_set(value) ? error_bus_name(value) : "",
                                             error_is_set(value) ? error_message(value) : "");
        case KIND_RECORDS:
        default:
                return append_records(m, f, base);
        }
}

/* What is read, and who has a say in it. */
struct field_reading {
        sd_bus_message *m;
        codec_accept accept;
        void *userdata;
};

static int is_accepted(const struct field_reading *g, const struct codec_field *f, const char *s, size_t n)
{
        return g->accept ? g->accept(f, s, n, g->userdata) : 0;
}

/* 1: *ret is a copy; 0: the array is over. */
static int read_string(const struct field_reading *g, const struct codec_field *f, size_t n, char **ret)
{
        const char *s;
        int r = sd_bus_message_read_basic(g->m, 's', &s);

        if (r <= 0)
                return r;
        r = is_accepted(g, f, s, n);
        if (r < 0)
                return r;
        *ret = strdup(s);
        return *ret ? 1 : -ENOMEM;
}

static int read_strings(const struct field_reading *g, const struct codec_field *f, char ***ret)
{
        _cleanup_strv_ char **l = calloc(1, sizeof(*l));
        size_t n = 0;
        int r = l ? sd_bus_message_enter_container(g->m, 'a', "s") : -ENOMEM;

        while (r >= 0) {
                char *s;

                r = read_string(g, f, n, &s);
                if (r <= 0)
                        break;
                /* There is always a NULL behind the last one. */
                if (array_grow((void **)&l, n + 1, sizeof(*l)) < 0) {
                        free(s);
                        return -ENOMEM;
                }
                l[n++] = s;
                l[n] = NULL;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(g->m);
        if (r >= 0)
                *ret = steal_pointer(l);
        return r;
}

static int read_bytes(const struct field_reading *g, const struct codec_field *f, void *base)
{
        char **value = value_of(f, base);
        const void *data;
        size_t size;
        int r = sd_bus_message_read_array(g->m, 'y', &data, &size);

        if (r < 0)
                return r;
        *value = text_copy(data, size);
        if (!*value)
                return -ENOMEM;
        *size_of(f, base) = size;
        return 0;
}

static int read_error(const struct field_reading *g, struct error *ret)
{
        const char *name, *message;
        int r = sd_bus_message_read(g->m, "ss", &name, &message);

        if (r > 0 && *name) {
                sd_bus_error e = SD_BUS_ERROR_MAKE_CONST(name, message);

                (void)error_from_bus(ret, &e, -sd_bus_error_get_errno(&e));
        }
        return r;
}

static int read_field(const struct field_reading *g, const struct codec_field *f, void *base);

static int read_records(const struct field_reading *g, const struct codec_field *f, void *base)
{
        char contents[64], type = contents_of(f, contents, sizeof(contents));
        int r = sd_bus_message_enter_container(g->m, 'a', f->signature + 1);

        while (r >= 0 && (r = sd_bus_message_enter_container(g->m, type, contents)) > 0) {
                void *item;

                r = is_accepted(g, f, NULL, *size_of(f, base));
                if (r < 0)
                        return r;
                item = add_item(f, base);
                if (!item)
                        return -ENOMEM;
                for (size_t k = 0; r >= 0 && k < f->record->n; k++)
                        r = read_field(g, f->record->fields + k, item);
                if (r >= 0)
                        r = sd_bus_message_exit_container(g->m);
        }
        return r < 0 ? r : sd_bus_message_exit_container(g->m);
}

static int read_field(const struct field_reading *g, const struct codec_field *f, void *base)
{
        void *value = value_of(f, base);
        int r, b;

        switch (kind_of(f)) {
        case KIND_STRING:
                r = read_string(g, f, 0, value);
                return r == 0 ? -ENXIO : r;
        case KIND_OBJECT:
                return sd_bus_message_skip(g->m, "o");
        case KIND_BOOL:
                r = sd_bus_message_read_basic(g->m, 'b', &b);
                if (r > 0)
                        *(bool *)value = b;
                return r;
        case KIND_NUMBER:
                return sd_bus_message_read_basic(g->m, 't', value);
        case KIND_STRINGS:
                return read_strings(g, f, value);
        case KIND_BYTES:
                return read_bytes(g, f, base);
        case KIND_CHANGES:
                return changes_read(g->m, value);
        case KIND_ERROR:
                return read_error(g, value);
        case KIND_RECORDS:
        default:
                return read_records(g, f, base);
        }
}

int codec_read(sd_bus_message *m, const struct codec_field *f, void *base, codec_accept accept,
               void *userdata)
{
        const struct field_reading g = {m, accept, userdata};

        codec_clear(f, base);
        return read_field(&g, f, base);
}

static void clear_records(const struct codec_field *f, void *base)
{
        for (size_t i = 0; i < *size_of(f, base); i++)
                for (size_t k = 0; k < f->record->n; k++)
                        codec_clear(f->record->fields + k, item_of(f, base, i));
        *size_of(f, base) = 0;
        free(*(void **)value_of(f, base));
        *(void **)value_of(f, base) = NULL;
}

void codec_clear(const struct codec_field *f, void *base)
{
        void *value = value_of(f, base);

        switch (kind_of(f)) {
        case KIND_BYTES:
                *size_of(f, base) = 0;
                /* fall through */
        case KIND_STRING:
        case KIND_OBJECT:
                free(*(char **)value);
                *(char **)value = NULL;
                break;
        case KIND_STRINGS:
                *(char ***)value = strv_free(*(char ***)value);
                break;
        case KIND_CHANGES:
                change_list_clear(value);
                break;
        case KIND_ERROR:
                error_clear(value);
                break;
        case KIND_RECORDS:
                clear_records(f, base);
                break;
        case KIND_BOOL:
        case KIND_NUMBER:
                break;
        }
}
