/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_SWITCH_H
#define TRANSACTION_SWITCH_H

/*
 * The renames themselves: done one after the other by transaction_commit(), undone in reverse by it or by
 * recovery, completed by recovery. Each looks at the disk, not at a memory of what was done, so it can be
 * repeated after a crash at any point.
 */

#include "transaction/op.h"

struct error;
struct work;

/* Does one op that hasn't been done. Errors name the path and say why in words where errno doesn't. */
int switch_do(struct work *w, const struct op *o, struct error *error);

/* Makes one op not done, whether it was done or not. What somebody else put at the path in the meantime is
 * left alone, with a message added to *messages (strv). Returns 0 or a negative errno with error set. */
int switch_undo(struct work *w, const struct op *o, char ***messages, struct error *error);

/* Makes one op done, whether it was done or not; likewise. Only when there is no way back: a tree that could
 * not be moved aside is removed where it is. */
int switch_complete(struct work *w, const struct op *o, char ***messages, struct error *error);

/* Before work_remove(), when all is done or undone: a directory in the slot (no image copy) that holds
 * something that isn't ours, put there in the last instant, is put back. */
void switch_discard(struct work *w, const struct op *o, char ***messages);

#endif
