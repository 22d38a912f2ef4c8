/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_PARSE_SIZE_H
#define PORTABLECTL_PARSE_SIZE_H

/* Sizes as people write them. */

#include <stdint.h>

struct error;

/* Bytes, as number with an optional fraction and suffix (B, K, M, G, T, P, E: powers of 1024, in either
 * case); "-" stands for no limit, UINT64_MAX. Errors: ERROR_INVALID_ARGS, naming the text. */
int size_parse(const char *text, uint64_t *ret, struct error *error);

#endif
