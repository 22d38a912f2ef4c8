/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DEFINITION_RECORD_TEXT_H
#define DEFINITION_RECORD_TEXT_H

/* The text of a record: a line "KEY VALUE" for each value, in which control characters and "\\" are \xNN.
 * Pure. */

#include <stddef.h>

struct update_record;

/* Allocated, NULL if out of memory. */
char *record_format(const struct update_record *r);

/* Fills what is not there yet. Lines of a later version, which are not known, are passed over. Returns 0,
 * -ENOMEM or -EBADMSG. */
int record_parse(struct update_record *r, const char *text, size_t size);

/* All but the descriptor. */
void record_clear_values(struct update_record *r);

#endif
