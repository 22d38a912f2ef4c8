/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_PRIVATE_H
#define TRANSACTION_PRIVATE_H

/*
 * The copy of an image that only root could get at must not be within reach of others: there may be programs
 * with set-user-ID in it. The directory that it goes to is closed, before the copy appears there; modes in
 * the copy itself stay as they are, since services run in it as other users.
 */

#include <sys/types.h>

/* A directory that has been closed; zero-initialised there is none. */
struct private_directory {
        int fd; /* valid if there is a mode */
        mode_t mode;
};

/* Takes the rights of group and others away from the directory dir_fd (O_PATH is fine). *d remembers the
 * first that had any. Returns 0 or a negative errno. */
int private_close(struct private_directory *d, int dir_fd);

/* On the way back: as it was. */
void private_reopen(struct private_directory *d);

void private_clear(struct private_directory *d);

#endif
