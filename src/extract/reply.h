/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EXTRACT_REPLY_H
#define EXTRACT_REPLY_H

/*
 * What the sandboxed reader tells its parent, in bytes (basic/pack.h): an error or the metadata. The parent
 * takes it as if an enemy had written it, since a reader that an image has taken over would.
 */

#include <stddef.h>
#include <stdint.h>

struct error;
struct extract_options;
struct metadata;
struct pack;

/* A reply is never larger than this: units, release file, names, and room for what stands between. */
#define REPLY_SIZE_MAX (24U * 1024U * 1024U)

/* Packs the metadata, or the error if metadata is NULL. */
void reply_pack(struct pack *p, const struct metadata *metadata, const struct error *error);

/*
 * Unpacks and checks: sizes within the limits of extract/extract.h, names valid, distinct and asked for,
 * texts printable, paths normalised; lists are sorted here. Returns 0 or a negative errno with the error
 * set: the reader's own, or that the reply is malformed.
 */
int reply_unpack(const uint8_t *data, size_t size, const struct extract_options *options,
                 struct metadata **ret, struct error *error);

#endif
