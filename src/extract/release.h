/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EXTRACT_RELEASE_H
#define EXTRACT_RELEASE_H

/* The syntax of os-release(5) files. */

#include <stdbool.h>
#include <stddef.h>

struct error;
struct release_field;

/* Parses a release file: KEY=value lines with shell quoting, comments, no expansion. Lines that are no
 * assignment are skipped, as the format says for unknown content; values that are not UTF-8 or hold control
 * characters (which the format advises against) are left out. Of a key that comes twice the later value is
 * kept. Lenient as other readers are: a value without quotes may hold blanks, an opening quote that is never
 * closed is ignored. Returns 0 or -ENOMEM. Free with release_fields_free(). */
int release_parse(const char *data, size_t size, struct release_field **ret, size_t *ret_n);
void release_fields_free(struct release_field *fields, size_t n);

/* Drops all but the last field of each key, in place, keeping the order. Returns 0 or -ENOMEM. */
int release_fields_unique(struct release_field *fields, size_t *n);

/* A key as os-release(5) has them: letters, digits and "_", not beginning with a digit. */
bool release_key_is_valid(const char *key);

/* NULL if the key is not there. */
const char *release_field_get(const struct release_field *fields, size_t n, const char *key);

#endif
