/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EXTRACT_NETWORK_H
#define EXTRACT_NETWORK_H

/*
 * A network namespace with nothing in it, for the processes that read images. To make one takes the kernel
 * longer than all else that such a process does, so the daemon makes one, once, and its readers share it:
 * there is nothing in it to share, and they may not make sockets anyway. Called by portabled/ and sandbox.c.
 */

/* Returns 0 and a descriptor of a new one, for network_join(), or a negative errno: not allowed. Only for a
 * process of one thread. */
int network_make(int *ret_fd);

/* Enters it. Returns 0 or a negative errno. */
int network_join(int fd);

#endif
