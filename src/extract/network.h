/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EXTRACT_NETWORK_H
#define EXTRACT_NETWORK_H

/*
 * A network namespace with nothing in it, for the processes that read images. To make one takes the kernel
 * longer than all else that such a process does (1 ms of 1.5 where this was measured), so the daemon makes
 * one, once, and its readers share it.
 *
 * What sharing gives away: nothing to a reader in its cage, where no call that makes a socket is left. Two
 * readers that have both got past the seccomp list, and so through the kernel, could meet at an abstract
 * socket address (Landlock holds that back from Linux 6.12 on) or on a netlink socket. They could not by IP:
 * the interface is down, and as the namespace belongs to the daemon's user namespace no capability of theirs
 * counts in it. With a namespace of its own each such reader would own one, and with that the way to
 * all of the kernel's network administration, which is where kernels have had their holes.
 * test/unit/extract/sandbox-network.c tries all this.
 */

/* Returns 0 and a descriptor of a new one, for network_join(), or a negative errno: not allowed. Only for a
 * process of one thread. */
int network_make(int *ret_fd);

/* Enters it. Returns 0 or a negative errno. */
int network_join(int fd);

#endif
