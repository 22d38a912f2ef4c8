/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DEFINITION_RANGE_H
#define DEFINITION_RANGE_H

/* Which versions of an image fit: bounds, which must all hold, or a pattern. Pure. */

#include <stdbool.h>
#include <stddef.h>

struct error;

struct version_range {
        char **bounds; /* strv: ">=1.2", "<2" */
        char *pattern; /* of fnmatch(3), NULL: none */
};

void version_range_clear(struct version_range *r);

/* Reads ">=1.2 <2" (operators <, <=, =, >=, >), or one pattern such as "1.*". With "" all do. Errors:
 * ERROR_INVALID_ARGS. */
int version_range_parse(const char *s, struct version_range *ret, struct error *error);

/* True if there is no limit. */
bool version_range_is_open(const struct version_range *r);

bool version_range_has(const struct version_range *r, const char *version);

#endif
