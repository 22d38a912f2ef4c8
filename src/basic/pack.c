/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/pack.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "basic/text.h"

#define LENGTH_NULL UINT32_MAX

void pack_clear(struct pack *p)
{
        free(p->data);
        *p = (struct pack){};
}

void pack_raw(struct pack *p, const void *data, size_t size)
{
        if (p->failed || size == 0)
                return;
        if (p->allocated - p->size < size) {
                size_t want = p->allocated ? p->allocated : 512;
                uint8_t *grown;

                while (want - p->size < size)
                        want *= 2;
                grown = realloc(p->data, want);
                if (!grown) {
                        p->failed = true;
                        return;
                }
                p->data = grown;
                p->allocated = want;
        }
        memcpy(p->data + p->size, data, size);
        p->size += size;
}

void pack_u32(struct pack *p, uint32_t v)
{
        v = htole32(v);
        pack_raw(p, &v, sizeof(v));
}

void pack_u64(struct pack *p, uint64_t v)
{
        v = htole64(v);
        pack_raw(p, &v, sizeof(v));
}

void pack_bytes(struct pack *p, const void *data, size_t size)
{
        if (size >= LENGTH_NULL) {
                p->failed = true;
                return;
        }
        pack_u32(p, (uint32_t)size);
        pack_raw(p, data, size);
}

void pack_string(struct pack *p, const char *s)
{
        if (s)
                pack_bytes(p, s, strlen(s));
        else
                pack_u32(p, LENGTH_NULL);
}

void pack_strv(struct pack *p, char *const *l)
{
        pack_u32(p, (uint32_t)strv_length(l));
        for (; l && *l; l++)
                pack_string(p, *l);
}

void pack_error(struct pack *p, const struct error *e)
{
        pack_u32(p, e->kind);
        pack_u32(p, (uint32_t)e->errnum);
        pack_string(p, e->message);
}

void pack_message_begin(struct pack *p)
{
        pack_u64(p, 0); /* room for the length */
}

int pack_message_end(struct pack *p)
{
        uint64_t length = htole64(p->size - sizeof(length));

        if (p->failed)
                return -ENOMEM;
        memcpy(p->data, &length, sizeof(length));
        return 0;
}

static const uint8_t *unpack_raw(struct unpack *u, size_t size)
{
        const uint8_t *p;

        if (u->failed || u->size - u->offset < size) {
                u->failed = true;
                return NULL;
        }
        p = u->data + u->offset;
        u->offset += size;
        return p;
}

uint32_t unpack_u32(struct unpack *u)
{
        const uint8_t *p = unpack_raw(u, sizeof(uint32_t));
        uint32_t v = 0;

        if (p)
                memcpy(&v, p, sizeof(v));
        return le32toh(v);
}

uint64_t unpack_u64(struct unpack *u)
{
        const uint8_t *p = unpack_raw(u, sizeof(uint64_t));
        uint64_t v = 0;

        if (p)
                memcpy(&v, p, sizeof(v));
        return le64toh(v);
}

int unpack_message(const void *data, size_t size, size_t max, struct unpack *ret)
{
        struct unpack u = {.data = data, .size = size};
        uint64_t length = unpack_u64(&u);

        if (u.failed)
                return 0;
        if (length > max)
                return -EMSGSIZE;
        if (size - u.offset < length)
                return 0;
        *ret = (struct unpack){.data = u.data + u.offset, .size = (size_t)length};
        return 1;
}

size_t unpack_count(struct unpack *u, size_t min_size)
{
        size_t n = unpack_u32(u);

        if (n > (u->size - u->offset) / min_size) {
                u->failed = true;
                return 0;
        }
        return n;
}

static void *unpack_copy(struct unpack *u, size_t size)
{
        const uint8_t *p = unpack_raw(u, size);
        char *copy;

        if (!p && u->failed)
                return NULL;
        copy = text_copy(p, size);
        if (!copy)
                u->failed = true;
        return copy;
}

void *unpack_bytes(struct unpack *u, size_t *ret_size)
{
        uint32_t size = unpack_u32(u);
        void *copy = unpack_copy(u, size);

        if (ret_size)
                *ret_size = copy ? size : 0;
        return copy;
}

char *unpack_string(struct unpack *u)
{
        uint32_t size = unpack_u32(u);
        _cleanup_free_ char *s = NULL;

        if (size == LENGTH_NULL)
                return NULL;
        s = unpack_copy(u, size);
        if (s && memchr(s, 0, size)) {
                u->failed = true;
                return NULL;
        }
        return steal_pointer(s);
}

char *unpack_string_required(struct unpack *u)
{
        char *s = unpack_string(u);

        if (!s)
                u->failed = true;
        return s;
}

char **unpack_strv(struct unpack *u)
{
        size_t n = unpack_count(u, sizeof(uint32_t));
        _cleanup_strv_ char **l = calloc(n + 1, sizeof(char *));

        if (!l)
                u->failed = true;
        for (size_t i = 0; i < n && !u->failed; i++)
                l[i] = unpack_string_required(u);
        return u->failed ? NULL : steal_pointer(l);
}

void unpack_error(struct unpack *u, struct error *ret)
{
        uint32_t kind = unpack_u32(u), errnum = unpack_u32(u);
        _cleanup_free_ char *message = unpack_string(u);

        if (kind >= ERROR_KIND_MAX || errnum > 4095 || (kind != ERROR_NONE) != (errnum != 0))
                u->failed = true;
        if (u->failed)
                return;
        *ret = (struct error){.kind = kind, .errnum = (int)errnum, .message = steal_pointer(message)};
}

int unpack_finish(const struct unpack *u)
{
        return u->failed || u->offset != u->size ? -EBADMSG : 0;
}
