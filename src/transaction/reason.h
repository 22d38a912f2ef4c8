/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_REASON_H
#define TRANSACTION_REASON_H

/*
 * Words for what is wrong with a file system where errno alone leaves the administrator guessing: ENOSPC is
 * said of one without room and of one without inodes.
 */

struct error;
struct work;

/* What errnum (positive or negative) means on the file system of fd (-EBADF if that is unknown). NULL where
 * strerror(3) says enough. */
const char *reason_at(int fd, int errnum);

/* The same for something that was to be made or moved on one of the file systems of a work. */
const char *reason_in(const struct work *w, int errnum);

/* Like error_set_errno(), with these words, if any, in place of errno's. */
int reason_set(struct error *e, const char *reason, int errnum, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

#endif
