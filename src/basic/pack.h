/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_PACK_H
#define BASIC_PACK_H

/*
 * A flat byte form for what one of our processes sends another: little-endian integers and length-prefixed
 * byte strings, in an order both sides know. The receiving side treats every byte as hostile: lengths are
 * checked against what is there, and after the first bad field every later read yields zero or empty and
 * unpack_finish() reports -EBADMSG. Used between reader and worker (extract/) and between worker and daemon
 * (worker/).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* Zero-initialise; free with pack_clear(). After a failed allocation "failed" is set and further calls do
 * nothing. */
struct pack {
        uint8_t *data;
        size_t size, allocated;
        bool failed;
};

void pack_clear(struct pack *p);
#define _cleanup_pack_ __attribute__((cleanup(pack_clear)))

/* Bytes as they are, without a length: for whoever collects a stream. */
void pack_raw(struct pack *p, const void *data, size_t size);
void pack_u32(struct pack *p, uint32_t v);
void pack_u64(struct pack *p, uint64_t v);
/* Bytes with their length. data may be NULL if size is 0. */
void pack_bytes(struct pack *p, const void *data, size_t size);
/* A string without NUL inside; NULL and "" are told apart. */
void pack_string(struct pack *p, const char *s);
/* A count and the strings; NULL counts as empty. */
void pack_strv(struct pack *p, char *const *l);
void pack_error(struct pack *p, const struct error *e);

/* A message in a stream of bytes is the length of what follows, and that. Begins one in an empty pack. */
void pack_message_begin(struct pack *p);
/* Its length is known now. Returns 0 or -ENOMEM: something of it could not be packed. */
int pack_message_end(struct pack *p);

struct unpack {
        const uint8_t *data;
        size_t size, offset;
        bool failed;
};

/* The message that the received bytes begin with: 1 with what is in it in *ret, in the memory of data; 0:
 * there is more of it to come; -EMSGSIZE: it is said to have more than max bytes. */
int unpack_message(const void *data, size_t size, size_t max, struct unpack *ret);

uint32_t unpack_u32(struct unpack *u);
uint64_t unpack_u64(struct unpack *u);
/* A count of records that each take at least min_size bytes (> 0): bad if that many can't be there. */
size_t unpack_count(struct unpack *u, size_t min_size);
/* A NUL-terminated copy owned by the caller (the NUL not counted), NULL on failure; *ret_size may be NULL.
 */
void *unpack_bytes(struct unpack *u, size_t *ret_size);
/* A copy owned by the caller, NULL for a packed NULL or on failure; a string with a NUL inside is bad. */
char *unpack_string(struct unpack *u);
/* Like unpack_string(), but a packed NULL is bad. */
char *unpack_string_required(struct unpack *u);
/* NULL on failure, else a list owned by the caller. */
char **unpack_strv(struct unpack *u);
void unpack_error(struct unpack *u, struct error *ret);

/* 0 if everything was well-formed and all bytes were read, else -EBADMSG. */
int unpack_finish(const struct unpack *u);

#endif
