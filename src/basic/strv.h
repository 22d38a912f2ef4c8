/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_STRV_H
#define BASIC_STRV_H

/* NULL-terminated arrays of strings, the form in which sd-bus hands over and takes string lists. NULL is an
 * empty list. */

#include <stdbool.h>
#include <stddef.h>

/* Frees the list and its strings; NULL is fine. Returns NULL. */
char **strv_free(char **l);
size_t strv_length(char *const *l);
bool strv_contains(char *const *l, const char *s);

/* The same strings in the same order. */
bool strv_equal(char *const *a, char *const *b);

/* Appends a copy of s. Returns 0 or -ENOMEM (list unchanged). */
int strv_append(char ***l, const char *s);

/* Appends s itself; takes ownership in every case (frees it on error). s NULL counts as out of memory. */
int strv_consume(char ***l, char *s);

/* Appends what printf(3) would print. Returns 0 or -ENOMEM (list unchanged). */
int strv_appendf(char ***l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Copies a list. *ret is never NULL on success. Returns 0 or -ENOMEM. */
int strv_copy(char *const *l, char ***ret);

/* Splits at any of the separator bytes, empty parts are left out. Returns 0 or -ENOMEM. */
int strv_split(const char *s, const char *separators, char ***ret);

/* Joins with a separator; "" for an empty list. NULL if out of memory. */
char *strv_join(char *const *l, const char *separator);

/* Sorts by byte value, in place. */
void strv_sort(char **l);

static inline void cleanup_strvp(char ***l)
{
        *l = strv_free(*l);
}

#define _cleanup_strv_ __attribute__((cleanup(cleanup_strvp)))

#endif
