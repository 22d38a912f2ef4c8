/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_TABLE_H
#define PORTABLECTL_TABLE_H

/* Tables as all verbs print them, by libsmartcols, which also escapes what a terminal would obey. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct error;
struct libscols_table;
struct terminal;

/* NULL is fine. */
void table_free(struct libscols_table *tb);

static inline void cleanup_tablep(struct libscols_table **tb)
{
        table_free(*tb);
}
#define _cleanup_table_ __attribute__((cleanup(cleanup_tablep)))

/* A table with these n columns, their names shown with legend. NULL if out of memory. */
struct libscols_table *table_new(const struct terminal *t, const char *const *columns, size_t n,
                                 bool legend);

/* A row of n cells, the last of which may have a colour (an escape sequence, NULL: none). 0 or -ENOMEM. */
int table_add(struct libscols_table *tb, const char *const *cells, size_t n, const char *colour);

/* Shortens cells until a line is no wider than that, as far as it goes: those of the widest of the columns
 * whose bits (1U << position) are set. */
int table_fit(struct libscols_table *tb, unsigned width, unsigned columns, const struct terminal *t);

int table_print(struct libscols_table *tb, FILE *f, struct error *error);

#endif
