/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_JOURNAL_H
#define TRANSACTION_JOURNAL_H

/*
 * The intent of a transaction on disk: all its renames, and one byte that says which way an interrupted one
 * is to be finished. Written into the first work directory when everything is staged and before the first
 * rename; read by recovery.
 */

#include <stddef.h>

#include "transaction/op.h"

enum journal_state {
        JOURNAL_INTENT = 'I', /* undo what was renamed */
        JOURNAL_COMMIT = 'C', /* rename what is left */
};

/* Writes the journal to the directory dir_fd, state JOURNAL_INTENT. Not synced. *ret_fd: the journal, for
 * journal_mark(). Returns 0 or a negative errno. */
int journal_write(int dir_fd, const struct op_list *ops, int *ret_fd);

/* Changes the state: one byte in place, so that no space is needed and no crash can tear it. */
int journal_mark(int fd, enum journal_state state);

/* Reads the journal in dir_fd. -ENOENT if there is none, -EBADMSG if it isn't whole: then nothing was
 * renamed yet; -EPROTO if it is whole and what it says is not known: another version wrote it. */
int journal_read(int dir_fd, struct op_list *ret_ops, enum journal_state *ret_state);

#endif
