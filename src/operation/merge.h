/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_MERGE_H
#define OPERATION_MERGE_H

/* Several plans made one list for one transaction. Called by change.c. */

#include "plan/change.h"

struct error;

/*
 * Appends the changes of a plan to *all, whose items are only borrowed from it. A directory or link that an
 * earlier plan makes as well is left out and marked silent; two plans that write the same file are an error
 * (ERROR_UNIT_EXISTS) naming image.
 */
int merge_changes(struct change_list *all, struct change_list *plan, const char *image, struct error *error);

/* Frees the list, not what its items hold. */
void merged_clear(struct change_list *all);

#endif
