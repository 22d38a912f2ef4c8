/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_TRANSACTION_H
#define TRANSACTION_TRANSACTION_H

/*
 * Makes a list of changes true, all or nothing: after an error, a crash or a power loss the file system has
 * either all of the old state or all of the new one.
 *
 * Everything is relative to root_fd, a directory descriptor ("/" in the daemon, any OS tree offline); no
 * path is resolved outside of it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "plan/change.h"

struct error;
struct layout;
struct lock_listener;
struct transaction;

/* Opens the file whose bytes are locks: of the transaction here, of images in image/lock.h. It is regular,
 * our own, and closed to others, who could else stop us by holding a lock. *ret is -EBADF in a tree in which
 * there can be none, as neither its /run nor its /etc/systemd can be written: then there is nothing to
 * guard, either. Errors: ERROR_SYSTEM with the path. */
int transaction_lock_open(int root_fd, const struct layout *layout, int *ret, struct error *error);

/* To be asked after a wait for a lock of it, fd may be -EBADF: 1 if it counts, 0 if somebody who works
 * offline has taken the file away meanwhile, so that the next one counts. */
int transaction_lock_counts(const struct layout *layout, int fd, struct error *error);

/* Takes the exclusive lock under which plans are made and transactions committed, waiting for it. One lock a
 * root, held by processes, not threads; a second daemon or an offline portablectl waits too. *ret is a
 * descriptor (-EBADF: see above): close it to unlock. listener: lock-wait.h; may be NULL. Errors:
 * ERROR_SYSTEM with the path of the lock; -ETIMEDOUT for a wait that was too long. */
int transaction_lock(int root_fd, const struct layout *layout, const struct lock_listener *listener,
                     int *ret, struct error *error);

/* For who works on a tree at rest and is to leave nothing but the changes in it: how much there is of the
 * lock file and its directories, to be looked at before the first lock, and, when all locks are closed, away
 * with what is more, unless another process uses it. */
unsigned transaction_lock_look(int root_fd, const struct layout *layout);
void transaction_lock_restore(int root_fd, const struct layout *layout, unsigned before);

/* Finishes (forward or back) what crashed processes left, skipping transactions of live processes. Call with
 * the lock held, at daemon start and before each plan. *ret_messages gets one line for each transaction
 * handled (strv), may be NULL. One that cannot be finished now is told there, too; it is not an error:
 * transaction_commit() refuses what its paths are concerned by, nothing else. */
int transaction_recover(int root_fd, const struct layout *layout, char ***ret_messages, struct error *error);

/* The work directories that operations left which were interrupted, and which the next one takes up: paths
 * in the root, strv, for whoever may look; who may not open them gets those of live processes, too. */
int transaction_list_unfinished(int root_fd, const struct layout *layout, char ***ret, struct error *error);

/* A new transaction, nothing on disk changed yet. runtime: everything it changes is on the runtime side
 * (/run), so that its journal is there too and nothing is synced. The layout is borrowed. */
int transaction_new(int root_fd, const struct layout *layout, bool runtime, struct transaction **ret,
                    struct error *error);

/* Undoes whatever was staged and not committed, then frees. NULL is fine. */
void transaction_free(struct transaction *t);
void cleanup_transactionp(struct transaction **t);
#define _cleanup_transaction_ __attribute__((cleanup(cleanup_transactionp)))

/* An image that is to be copied. Everything is borrowed. */
struct transaction_copy {
        int fd; /* of the file or directory tree, O_PATH is fine: this is copied, whatever lies at
                   its path by now */
        const char *source; /* its path, for messages */
        const char *target; /* absolute in the root */
        bool private;       /* the directory of the target is closed to all but its owner */
        /* Told now and then (may be NULL) how many bytes are done, and of how many, as st_size counts them.
         */
        void (*progress)(uint64_t done, uint64_t total, void *userdata);
        void *userdata;
};

/*
 * Copies an image to a hidden name beside the target, ready to be renamed there by a CHANGE_COPY without
 * data for the same target. Slow: to be called without the lock. Keeps holes, ownership, modes, times,
 * xattrs and hard links; reflinks where the file system can. Device nodes are left out: a service has its
 * own /dev, and in a copy they would be within reach of others. A line about them is appended to *notes
 * (strv).
 */
int transaction_stage_copy(struct transaction *t, const struct transaction_copy *copy, char ***notes,
                           struct error *error);

/* After the last copy: writes them to disk, so that transaction_commit(), which is called with the lock
 * held, has little left to write. */
int transaction_sync_copies(struct transaction *t, struct error *error);

/* transaction_recover() had nothing to tell, and its lock is still held: the commit need not look for what
 * others left again. */
void transaction_set_nothing_left(struct transaction *t);

/* Called before the first removal of what confines units (struct change), when all else that is to change
 * has: returns when whoever loads units has ended what it was about. userdata: for it. */
void transaction_set_settle(struct transaction *t, void (*settle)(void *userdata), void *userdata);

/*
 * Makes the changes in the order given, what confines units after all others, the lock held. On success
 * everything is durable and the transaction is over. On error everything is as before, and error holds the
 * first cause with its path (ENOSPC, EROFS, EACCES, EEXIST, ...). Observers (a concurrent daemon-reload) see
 * each path change atomically, in that order.
 */
int transaction_commit(struct transaction *t, const struct change_list *changes, struct error *error);

#endif
