/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_VERSION_H
#define IMAGE_VERSION_H

/* Version strings: UAPI.10 Version Format Specification. Pure. */

#include <stdbool.h>
#include <stddef.h>

/*
 * Compares two version strings of the given lengths; they need no NUL and may hold any byte. Returns a value
 * below, equal to or above 0 if a is older than, as old as or newer than b. A total preorder: "1_2" and
 * "1+2" are as old as each other, for bytes the specification does not know only separate, and so are
 * numbers that differ in leading zeros.
 */
int version_compare(const char *a, size_t a_length, const char *b, size_t b_length);

/* True if it is not empty and has only the characters the specification knows: ASCII letters and digits,
 * "-",
 * ".", "~", "^". */
bool version_is_valid(const char *version, size_t length);

#endif
