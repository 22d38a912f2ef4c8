/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_UNIT_NAME_H
#define BASIC_UNIT_NAME_H

/* Which unit names a prefix takes. Pure. */

#include <stdbool.h>

/* A name of a portable unit: valid, one of the suffixes .service .socket .target .timer .path. */
bool unit_name_is_portable(const char *name);

/* The name equals the prefix whole, or starts with it and goes on with "-", "." or "@". Source: Portable
 * Services. */
bool unit_name_matches(const char *name, const char *prefix);

/* Any of the prefixes; an empty list takes everything. */
bool unit_name_matches_any(const char *name, char *const *prefixes);

/* ASCII letters, digits, "-", "_" and ".", not empty. */
bool prefix_is_valid(const char *prefix);

/* The default prefix of an image: its name up to the first "_". Allocated. -EINVAL if what results is no
 * valid prefix. */
int prefix_from_image_name(const char *image_name, char **ret);

#endif
