/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_RECOVER_H
#define TRANSACTION_RECOVER_H

/*
 * What broke off and cannot be finished, for lack of room or as its file system is read-only, must not keep
 * other images from anything; and nothing of it may be changed before it is finished. The rest of recover.c
 * is in transaction.h.
 */

#include "plan/change.h"

struct error;
struct layout;

/* Finishes each dead transaction that is about a path of the changes, or fails with why it cannot be
 * finished. *ret_left: the paths of the others, which are left (strv, may be NULL): the directories above
 * these are needed. */
int recover_around(int root_fd, const struct layout *layout, const struct change_list *changes,
                   char ***ret_left, struct error *error);

#endif
