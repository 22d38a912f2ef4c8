/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_MERGE_H
#define OPERATION_MERGE_H

/* Several plans made one list for one transaction. */

#include "plan/change.h"

struct error;

struct merged {
        struct change_list list; /* its items are only borrowed from the plans */
        const char **images;     /* by item: whose plan it is of; borrowed */
};

/*
 * Appends the changes of a plan to all. A directory or link that an earlier plan makes as well is left out
 * and marked silent; two plans that write the same file are an error (ERROR_UNIT_EXISTS) naming the unit and
 * the earlier image. The caller names this one.
 */
int merge_changes(struct merged *all, struct change_list *plan, const char *image, struct error *error);

/* Frees what is in it, not what its items hold. */
void merged_clear(struct merged *all);

#endif
