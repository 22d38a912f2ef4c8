/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_NAME_LIST_H
#define BASIC_NAME_LIST_H

/* Names of directory entries, of which there may be very many: a list that knows its length. */

#include <stdbool.h>
#include <stddef.h>

struct name_list {
        char **items;
        size_t n;
};

void name_list_clear(struct name_list *l);

/* Appends a copy. Returns 0 or -ENOMEM. */
int name_list_add(struct name_list *l, const char *name);

/* Adds a copy to a list that is sorted by byte value, unless it is there. Returns 1 if added, 0 if it was
 * there, or -ENOMEM. */
int name_list_insert(struct name_list *l, const char *name);

/* By byte value, and whether a list that is sorted so has the name. */
void name_list_sort(struct name_list *l);
bool name_list_has(const struct name_list *l, const char *name);

/* Makes a strv of it and leaves it empty. NULL if out of memory. */
char **name_list_steal(struct name_list *l);

#endif
