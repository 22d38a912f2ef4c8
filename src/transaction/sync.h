/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_SYNC_H
#define TRANSACTION_SYNC_H

/*
 * The two points at which transaction_commit() waits for the disk: before the first rename for what was
 * staged, and after the last for the renames. Only what is the transaction's own is waited for, with
 * fsync(2): syncfs(2) is one call in place of some twenty, but waits for all that others have written, too,
 * such as the image that was just copied into the pool, and so can take any time.
 *
 * That is right where changes of directories reach the disk in the order in which they were made: ext4, xfs.
 * With btrfs an fsync(2) of anything can bring half of a rename to disk, the file gone from the one
 * directory and not yet in the other. There, on all others, and with copies of images, whose files are many,
 * it is syncfs(2) after all; also where a directory may not be opened by a caller without privileges.
 *
 * Nothing is done for file systems in memory.
 */

#include "transaction/stage.h"

struct error;

/* What is in the work directories, the journal, and that they are there. Errors name a path. */
int sync_staged(struct stage *s, int journal_fd, struct error *error);

/* The directories renamed in, and the state in the journal. Errors name a path. */
int sync_switched(struct stage *s, int journal_fd, struct error *error);

#endif
