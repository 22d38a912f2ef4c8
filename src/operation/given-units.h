/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_GIVEN_UNITS_H
#define OPERATION_GIVEN_UNITS_H

/* Unit files of the host in the place of those of an image that brings none: then somebody else's image runs
 * as a portable service without being rebuilt. */

struct error;
struct metadata;
struct operation;

/* Reads the files at paths (strv, absolute in the root) and makes them the units of m, all of them, whatever
 * prefixes. ERROR_INVALID_ARGS names the file: it is no unit file, not there, or given twice. */
int given_units_read(struct operation *o, char *const *paths, struct metadata *m, struct error *error);

#endif
