/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as a signature partition, as a root hash and as base64. What was read, written again, is read as
 * the same. */

#include "verity/verity-parse.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "fuzz.h"

static char *base64(const uint8_t *data, size_t size)
{
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        char *text = malloc(size / 3 * 4 + 5), *p = text;

        fuzz_check(text);
        for (size_t i = 0; i < size; i += 3) {
                uint32_t group = (uint32_t)data[i] << 16;

                if (i + 1 < size)
                        group |= (uint32_t)data[i + 1] << 8;
                if (i + 2 < size)
                        group |= data[i + 2];
                *p++ = digits[group >> 18];
                *p++ = digits[group >> 12 & 63];
                *p++ = i + 1 < size ? digits[group >> 6 & 63] : '=';
                *p++ = i + 2 < size ? digits[group & 63] : '=';
        }
        *p = '\0';
        return text;
}

static void check_base64(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = base64(data, size);
        _cleanup_free_ uint8_t *back = NULL, *decoded = NULL;
        size_t n;

        fuzz_check(base64_decode(text, strlen(text), &back, &n) == 0);
        fuzz_check(n == size && (size == 0 || memcmp(back, data, size) == 0));
        if (base64_decode((const char *)data, size, &decoded, &n) == 0)
                fuzz_check(n <= size / 4 * 3 + 3);
}

static void check_hash(const struct verity_hash *h)
{
        char hex[VERITY_HEX_SIZE];
        struct verity_hash back;

        fuzz_check(h->size >= VERITY_HASH_MIN && h->size <= VERITY_HASH_MAX);
        verity_hash_to_hex(h, hex);
        fuzz_check(verity_hash_parse(hex, strlen(hex), &back) == 0 && verity_hash_equal(h, &back));
}

static void check_signature(const struct verity_hash *h, const uint8_t *signature, size_t size)
{
        _cleanup_free_ char *encoded = base64(signature, size), *text = NULL;
        _cleanup_free_ uint8_t *again = NULL;
        const char *why = NULL;
        char hex[VERITY_HEX_SIZE];
        struct verity_hash back;
        size_t n;

        verity_hash_to_hex(h, hex);
        fuzz_check(asprintf(&text, "{\"rootHash\":\"%s\",\"signature\":\"%s\"}", hex, encoded) >= 0);
        fuzz_check(verity_signature_parse(text, strlen(text) + 1, &back, &again, &n, &why) == 0);
        fuzz_check(verity_hash_equal(h, &back) && n == size && memcmp(again, signature, n) == 0);
}

static void check_uuids(const uint8_t *data, size_t size)
{
        struct fuzz_strings s;
        const char *first, *second;
        struct verity_hash h;

        fuzz_strings_begin(&s, data, size);
        first = fuzz_strings_next(&s);
        second = fuzz_strings_next(&s);
        if (verity_hash_from_uuids(first, second, &h) == 0) {
                fuzz_check(strlen(first) == 36 && strlen(second) == 36);
                fuzz_check(verity_hash_matches_uuids(&h, first, second));
                check_hash(&h);
        }
        fuzz_strings_end(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ uint8_t *signature = NULL;
        struct verity_hash h = {}, other;
        const char *why = NULL;
        size_t n = 0;
        int r = verity_signature_parse((const char *)data, size, &h, &signature, &n, &why);

        fuzz_check(r == 0 || (r == -EBADMSG && why && !signature && n == 0 && h.size == 0));
        if (r == 0) {
                fuzz_check(n > 0);
                check_hash(&h);
                check_signature(&h, signature, n);
        }
        if (verity_hash_parse((const char *)data, size, &other) == 0)
                check_hash(&other);
        check_base64(data, size);
        check_uuids(data, size);
        return 0;
}
