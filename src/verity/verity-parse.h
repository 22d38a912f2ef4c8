/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERITY_VERITY_PARSE_H
#define VERITY_VERITY_PARSE_H

/* Texts that carry verity data: root hashes, partition UUIDs, signature partitions. All of it is hostile
 * input. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERITY_HASH_MIN 16
#define VERITY_HASH_MAX 64

struct verity_hash {
        uint8_t bytes[VERITY_HASH_MAX];
        size_t size; /* 0: none */
};

#define VERITY_HEX_SIZE (2 * VERITY_HASH_MAX + 1)

/* Hexadecimal digits, blanks around them are fine. -EINVAL if it is anything else, too short or too long. */
int verity_hash_parse(const char *s, size_t n, struct verity_hash *ret);

/* Lower case. */
void verity_hash_to_hex(const struct verity_hash *h, char ret[static VERITY_HEX_SIZE]);

int verity_hash_equal(const struct verity_hash *a, const struct verity_hash *b);

/* The root hash that the UUIDs of a data partition and its verity partition make together (UAPI.2). -EINVAL
 * if one is no UUID. */
int verity_hash_from_uuids(const char *data, const char *verity, struct verity_hash *ret);

/* True if the UUIDs are the first and the last 128 bits of the hash (UAPI.2). */
int verity_hash_matches_uuids(const struct verity_hash *h, const char *data, const char *verity);

/* True if it begins as a PKCS#7 of signed data in DER form does (RFC 2315) and is not cut off. What is in it
 * is not looked at. */
bool pkcs7_is_plausible(const void *data, size_t size);

/* RFC 4648, padding required, blanks ignored. -EINVAL, -ENOMEM. */
int base64_decode(const char *s, size_t n, uint8_t **ret, size_t *ret_size);

/*
 * The content of a signature partition (UAPI.2): a JSON object with rootHash and signature (base64 of a DER
 * PKCS#7), then zero bytes to the end. Returns 0 with an allocated signature, or -EBADMSG with *ret_why set
 * to a static text that says what is wrong, or -ENOMEM.
 */
int verity_signature_parse(const char *data, size_t size, struct verity_hash *ret_hash,
                           uint8_t **ret_signature, size_t *ret_signature_size, const char **ret_why);

#endif
