/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_STAGE_H
#define TRANSACTION_STAGE_H

/*
 * Turns changes into what they come down to on disk: new files, directories and symlinks made in the work
 * directory, and a list of renames. Nothing in sight is touched. What belongs into a directory that is made
 * in the same transaction is staged in it, so that the directory appears with all it holds at once.
 */

#include "plan/change.h"
#include "transaction/op.h"
#include "transaction/work.h"

struct error;

/* An image copy, made before the lock was taken. */
struct staged_copy {
        char *target; /* absolute in the root */
        uint32_t place, slot;
        bool private; /* for root only: private.h */
        bool used;
};

struct stage {
        struct work work;
        struct op_list ops;
        struct staged_copy *copies;
        size_t n_copies;
};

void stage_clear(struct stage *s);

/* Stages one change. Errors name its path. */
int stage_change(struct stage *s, const struct change *c, struct error *error);

/* Where an image copy for target goes: the index of a work directory on the same mount and a slot in it.
 * Does not register it, see stage_add_copy(). */
int stage_prepare_copy(struct stage *s, const char *target, uint32_t *ret_place, uint32_t *ret_slot,
                       struct error *error);

/* Keeps a finished copy for the change that is going to ask for it; takes over copy->target in every case.
 */
int stage_add_copy(struct stage *s, struct staged_copy *copy);

#endif
