/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_VIEW_H
#define TRANSACTION_VIEW_H

/* What is on disk at the two ends of an op right now, from which switch.c and discard.c tell what there is
 * to do.
 */

#include "transaction/op.h"
#include "transaction/rename.h"
#include "transaction/work.h"

struct change_view {
        int parent_fd;             /* directory of the path; -ENOENT or -ENOTDIR if there is none. Owned */
        struct slot_name names[3]; /* backs the names in the ends */
        struct end slot, target;
        struct end spare; /* see rename_swap() */
        struct end late;  /* there while a tree is removed where it is, as it could not be moved */
        int slot_there, target_there; /* 1 or 0 */
        mode_t slot_mode, target_mode;
        struct identity slot_id, target_id;
};

/* Opens and looks. Returns 0 or a negative errno; view_close() in either case. */
int view_open(struct work *w, const struct op *o, struct change_view *v);
void view_close(struct change_view *v);
#define _cleanup_view_ __attribute__((cleanup(view_close)))

/* True if something is there, without following it. */
bool end_is_there(struct end e);

/* The staged file is at the path, or still in the slot. */
bool view_target_is_ours(const struct op *o, const struct change_view *v);
bool view_slot_is_staged(const struct op *o, const struct change_view *v);

/* Adds a line to *messages (strv), if messages isn't NULL. Returns 0 or -ENOMEM. */
int view_say(char ***messages, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
