/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_PRIVATE_H
#define TRANSACTION_PRIVATE_H

/*
 * The copy of an image that only root could get at must not be within reach of others: there may be programs
 * with set-user-ID in it. The directory that it goes to is closed, before the copy appears there; modes in
 * the copy itself stay as they are, since services run in it as other users. It is an op like the renames,
 * so that after a crash, too, the directory is as it was, or has the copy in it and is closed.
 */

#include "transaction/op.h"
#include "transaction/work.h"

/* Takes the rights of group and others away from the directory dir_fd (O_PATH is fine), which nobody can see
 * yet. Returns 0 or a negative errno. */
int private_close_staged(int dir_fd);

/* Appends the op that closes the directory dir_fd, unless it is closed, or another op closes it. place: of
 * the op. Returns 0 or a negative errno. */
int private_add(struct op_list *ops, int dir_fd, const char *path, uint32_t place);

/* OP_CLOSE as switch.h has it; to complete is to do, but for -ENOENT: the directory is not there any more,
 * or is not the same. What somebody else did with it meanwhile is not undone. */
int private_do(const struct work *w, const struct op *o);
int private_undo(const struct work *w, const struct op *o);

#endif
