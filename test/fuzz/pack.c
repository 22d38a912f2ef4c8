/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is packed is unpacked as the same, in whatever order and with whatever content; any other bytes do no
 * harm. The input is a list of fields (a letter and its value), packed and read back, then read as they are.
 */

#include "basic/pack.h"

#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "fuzz.h"

/* A field of the input: what it is, and bytes for its value. */
struct field {
        char letter;
        const uint8_t *data;
        size_t size;
};

static bool next_field(const uint8_t **data, size_t *size, struct field *ret)
{
        size_t n;

        if (*size < 2)
                return false;
        n = (*data)[1];
        if (n > *size - 2)
                n = *size - 2;
        *ret = (struct field){(char)(*data)[0], *data + 2, n};
        *data += n + 2;
        *size -= n + 2;
        return true;
}

static uint64_t number(const struct field *f)
{
        uint64_t v = 0;

        memcpy(&v, f->data, f->size < 8 ? f->size : 8);
        return v;
}

static char **list(const struct field *f)
{
        struct fuzz_strings s;
        char **l = calloc(1, sizeof(char *));

        fuzz_check(l);
        fuzz_strings_begin(&s, f->data, f->size);
        while (s.next < s.end)
                fuzz_check(strv_append(&l, fuzz_strings_next(&s)) == 0);
        fuzz_strings_end(&s);
        return l;
}

static void put(struct pack *p, const struct field *f)
{
        _cleanup_free_ char *string = fuzz_string(f->data, f->size);
        _cleanup_strv_ char **l = list(f);
        struct error e = {.kind = ERROR_FAILED, .errnum = (int)(number(f) % 4095) + 1, .message = string};

        switch (f->letter) {
        case '4':
                pack_u32(p, (uint32_t)number(f));
                break;
        case '8':
                pack_u64(p, number(f));
                break;
        case 'b':
                pack_bytes(p, f->data, f->size);
                break;
        case 's':
                pack_string(p, string);
                break;
        case '0':
                pack_string(p, NULL);
                break;
        case 'l':
                pack_strv(p, l);
                break;
        case 'e':
                pack_error(p, &e);
                break;
        default:
                break;
        }
}

static void check_list(struct unpack *u, const struct field *f)
{
        _cleanup_strv_ char **l = list(f), **back = unpack_strv(u);

        fuzz_check(back && strv_length(back) == strv_length(l));
        for (size_t i = 0; l[i]; i++)
                fuzz_check(strcmp(l[i], back[i]) == 0);
}

static void check_bytes(struct unpack *u, const struct field *f)
{
        size_t size;
        _cleanup_free_ void *back = unpack_bytes(u, &size);

        fuzz_check(back && size == f->size && (size == 0 || memcmp(back, f->data, size) == 0));
}

static void check_string(struct unpack *u, const struct field *f)
{
        _cleanup_free_ char *string = fuzz_string(f->data, f->size), *back = unpack_string_required(u);

        fuzz_check(back && strcmp(back, string) == 0);
}

static void check_error(struct unpack *u, const struct field *f)
{
        _cleanup_free_ char *string = fuzz_string(f->data, f->size);
        _cleanup_error_ struct error e = {};

        unpack_error(u, &e);
        fuzz_check(e.kind == ERROR_FAILED && e.errnum == (int)(number(f) % 4095) + 1);
        fuzz_check(e.message && strcmp(e.message, string) == 0);
}

static void check(struct unpack *u, const struct field *f)
{
        switch (f->letter) {
        case '4':
                fuzz_check(unpack_u32(u) == (uint32_t)number(f));
                break;
        case '8':
                fuzz_check(unpack_u64(u) == number(f));
                break;
        case 'b':
                check_bytes(u, f);
                break;
        case 's':
                check_string(u, f);
                break;
        case '0':
                fuzz_check(!unpack_string(u));
                break;
        case 'l':
                check_list(u, f);
                break;
        case 'e':
                check_error(u, f);
                break;
        default:
                break;
        }
        fuzz_check(!u->failed);
}

/* The fields read from what is not a pack: bad ones at most, within bounds, and once bad for ever. */
static void read_hostile(struct unpack *u, char letter)
{
        bool failed = u->failed;
        _cleanup_free_ char *s = NULL;
        _cleanup_strv_ char **l = NULL;
        _cleanup_error_ struct error e = {};
        size_t n;

        switch (letter) {
        case 'b':
                s = unpack_bytes(u, &n);
                fuzz_check(s ? n <= u->size : n == 0);
                break;
        case 's':
                s = unpack_string(u);
                break;
        case 'l':
                l = unpack_strv(u);
                fuzz_check(!l == u->failed);
                break;
        case 'e':
                unpack_error(u, &e);
                fuzz_check(!u->failed || !error_is_set(&e));
                break;
        case 'c':
                n = unpack_count(u, 4);
                fuzz_check(n <= (u->size - u->offset) / 4);
                break;
        default:
                fuzz_check(unpack_u32(u) == 0 || !u->failed);
                break;
        }
        fuzz_check(u->offset <= u->size && (!failed || (u->failed && !s && !l)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_pack_ struct pack p = {};
        struct unpack u, hostile = {.data = data, .size = size};
        const uint8_t *rest = data;
        size_t n = size;
        struct field f;

        while (next_field(&rest, &n, &f))
                put(&p, &f);
        fuzz_check(!p.failed);
        u = (struct unpack){.data = p.data, .size = p.size};
        for (rest = data, n = size; next_field(&rest, &n, &f);)
                check(&u, &f);
        fuzz_check(unpack_finish(&u) == 0);
        for (rest = data, n = size; next_field(&rest, &n, &f);)
                read_hostile(&hostile, f.letter);
        return 0;
}
