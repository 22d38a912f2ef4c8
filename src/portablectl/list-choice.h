/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_LIST_CHOICE_H
#define PORTABLECTL_LIST_CHOICE_H

/* Which images "list" shows, in what order, and what of each. Pure. */

#include <stddef.h>
#include <stdint.h>

struct error;
struct image_table;
struct options;

/* In the usual order. */
enum list_column {
        LIST_NAME,
        LIST_TYPE,
        LIST_READ_ONLY,
        LIST_CRTIME,
        LIST_MTIME,
        LIST_USAGE,
        LIST_STATE,
        LIST_VERSION, /* from here on only if asked for */
        LIST_PROFILE,
        LIST_DEFINITION,
        LIST_PATH,
        LIST_COLUMN_MAX,
};

struct list_choice {
        enum list_column columns[LIST_COLUMN_MAX];
        size_t n_columns;
        uint32_t states;       /* bits 1U << PORTABLE_…; 0: all */
        uint32_t types;        /* bits 1U << IMAGE_…, 1U << IMAGE_TYPE_MAX: what is missing; 0: all */
        enum list_column sort; /* LIST_NAME: as they are */
        char *const *patterns; /* as fnmatch(3) has them, borrowed; none: all */
};

/* "NAME" */
const char *list_column_title(enum list_column column);

/* From --columns=, --state=, --type=, --sort= and the arguments. Errors: ERROR_INVALID_ARGS, with the words
 * there are. */
int list_choice_parse(const struct options *options, char *const *patterns, struct list_choice *ret,
                      struct error *error);

/* Takes what is not chosen out of the table and sorts the rest: of times the latest first, of sizes the
 * largest, of the versions of an image the newest, else by the alphabet; what is equal there by name. */
void list_choose(const struct list_choice *choice, struct image_table *table);

#endif
