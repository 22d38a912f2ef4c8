/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_LOCK_WAIT_H
#define TRANSACTION_LOCK_WAIT_H

/* Waiting for another process's lock: not in silence, and not for ever. */

#include <sys/types.h>

struct error;

/* Who is told when a lock is not to be had for a second: of which image it is, by its name without a
 * version, "" for the lock of all changes. Once for each lock. tell NULL: nobody. */
struct lock_listener {
        void (*tell)(const char *image, void *userdata);
        void *userdata;
};

/* Takes the lock that is this byte of the lock file (transaction_lock_open()), waiting for who has it,
 * though no longer than ten minutes (PORTABLED_LOCK_TIMEOUT=, in seconds). image: as above; path: of the
 * lock file, for messages. listener may be NULL. Errors: ERROR_SYSTEM, with -ETIMEDOUT for a wait that was
 * too long. For a process with one thread: it uses a signal. */
int lock_wait(int fd, off_t offset, const char *image, const char *path,
              const struct lock_listener *listener, struct error *error);

#endif
