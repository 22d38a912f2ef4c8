/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verity/verity-parse.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "basic/cleanup.h"

#define BLANKS " \t\r\n"

static int digit(char c)
{
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
}

int verity_hash_parse(const char *s, size_t n, struct verity_hash *ret)
{
        struct verity_hash h = {};

        while (n > 0 && s[0] && strchr(BLANKS, s[0])) {
                s++;
                n--;
        }
        while (n > 0 && s[n - 1] && strchr(BLANKS, s[n - 1]))
                n--;
        if (n % 2 != 0 || n / 2 < VERITY_HASH_MIN || n / 2 > VERITY_HASH_MAX)
                return -EINVAL;
        for (size_t i = 0; i < n; i += 2) {
                int high = digit(s[i]), low = digit(s[i + 1]);

                if (high < 0 || low < 0)
                        return -EINVAL;
                h.bytes[h.size++] = (uint8_t)(high << 4 | low);
        }
        *ret = h;
        return 0;
}

void verity_hash_to_hex(const struct verity_hash *h, char ret[static VERITY_HEX_SIZE])
{
        static const char digits[] = "0123456789abcdef";

        for (size_t i = 0; i < h->size; i++) {
                ret[2 * i] = digits[h->bytes[i] >> 4];
                ret[2 * i + 1] = digits[h->bytes[i] & 15];
        }
        ret[2 * h->size] = '\0';
}

int verity_hash_equal(const struct verity_hash *a, const struct verity_hash *b)
{
        return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* 16 bytes in the order of the text. */
static int uuid_parse(const char *s, uint8_t ret[static 16])
{
        char hex[33];
        size_t n = 0;
        struct verity_hash h;

        for (size_t i = 0; s[i]; i++) {
                bool dash = i == 8 || i == 13 || i == 18 || i == 23;

                if (dash != (s[i] == '-'))
                        return -EINVAL;
                if (dash)
                        continue;
                if (n >= sizeof(hex) - 1)
                        return -EINVAL;
                hex[n++] = s[i];
        }
        if (n != 32 || verity_hash_parse(hex, n, &h) < 0)
                return -EINVAL;
        memcpy(ret, h.bytes, 16);
        return 0;
}

int verity_hash_from_uuids(const char *data, const char *verity, struct verity_hash *ret)
{
        struct verity_hash h = {.size = 32};

        if (uuid_parse(data, h.bytes) < 0 || uuid_parse(verity, h.bytes + 16) < 0)
                return -EINVAL;
        *ret = h;
        return 0;
}

int verity_hash_matches_uuids(const struct verity_hash *h, const char *data, const char *verity)
{
        struct verity_hash joined;

        if (h->size < 16 || verity_hash_from_uuids(data, verity, &joined) < 0)
                return false;
        return memcmp(joined.bytes, h->bytes, 16) == 0 &&
               memcmp(joined.bytes + 16, h->bytes + h->size - 16, 16) == 0;
}

static int base64_value(char c)
{
        return c >= 'A' && c <= 'Z'   ? c - 'A'
               : c >= 'a' && c <= 'z' ? c - 'a' + 26
               : c >= '0' && c <= '9' ? c - '0' + 52
               : c == '+'             ? 62
               : c == '/'             ? 63
                                      : -1;
}

bool pkcs7_is_plausible(const void *data, size_t size)
{
        /* 1.2.840.113549.1.7.2, signedData */
        static const uint8_t oid[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
        const uint8_t *p = data;
        size_t length = 0, bytes = 0;

        if (size < 2 || p[0] != 0x30)
                return false;
        if (p[1] & 0x80)
                bytes = p[1] & 0x7f; /* of the length; none: it ends where its content does */
        else
                length = p[1];
        if (bytes > 4 || size < 2 + bytes + sizeof(oid))
                return false;
        for (size_t i = 0; i < bytes; i++)
                length = length << 8 | p[2 + i];
        return length <= size - 2 - bytes && memcmp(p + 2 + bytes, oid, sizeof(oid)) == 0;
}

int base64_decode(const char *s, size_t n, uint8_t **ret, size_t *ret_size)
{
        _cleanup_free_ uint8_t *data = malloc(n / 4 * 3 + 3);
        size_t size = 0, digits = 0, padding = 0;
        uint32_t group = 0;

        if (!data)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                int v = base64_value(s[i]);

                if (s[i] && strchr(BLANKS, s[i]))
                        continue;
                if (s[i] == '=' && digits % 4 >= 2)
                        padding++;
                else if (v < 0 || padding > 0)
                        return -EINVAL;
                group = group << 6 | (uint32_t)(v < 0 ? 0 : v);
                if (++digits % 4 != 0)
                        continue;
                for (size_t byte = 0; byte < 3 - padding; byte++)
                        data[size++] = (uint8_t)(group >> (16 - 8 * byte));
                group = 0;
        }
        if (digits % 4 != 0 || padding > 2)
                return -EINVAL;
        *ret = steal_pointer(data);
        *ret_size = size;
        return 0;
}
