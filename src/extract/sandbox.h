/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EXTRACT_SANDBOX_H
#define EXTRACT_SANDBOX_H

/*
 * The cage of the process that reads an image. It keeps two descriptors, the tree and one end of a socket,
 * and loses all else. In layers, so that where a kernel or a container withholds one the others hold:
 *
 *  - the tree becomes a private read-only nosuid nodev noexec nosymfollow view of itself, and the
 *    root directory of a mount namespace that has nothing else;
 *  - own user, mount and IPC namespaces, and an empty network namespace, which the readers of one
 *    daemon share (see network.h); user and group "nobody";
 *  - no capability on the host. Within its own user namespace CAP_DAC_READ_SEARCH stays, because a portable
 *    service starts as root and its image may hold unit files and directories that only their owner may
 *    read. (Without a user namespace it is the one capability kept; no system call is left to misuse it.)
 *  - Landlock: nothing but reading below the tree, no TCP, no signals;
 *  - resource limits;
 *  - a seccomp allow list; everything else kills the process.
 *
 * Required: no_new_privs, the seccomp list, and for root a confined file system view (chroot or Landlock).
 * The rest is taken where it is granted. Called by extract.c.
 */

#include <sys/types.h>

struct error;

/* CPU seconds: what an image is made of can cost this much at most. */
#define SANDBOX_CPU_SECONDS 4U

/*
 * In the child: enters the cage. tree_fd and channel_fd keep their numbers, all other descriptors are
 * closed. network_fd: an empty network namespace (network.h) to be in; 0: make one. Talks with
 * sandbox_assist() over channel_fd in between. Returns 0, or a negative errno with the error set.
 */
int sandbox_enter(int tree_fd, int channel_fd, int network_fd, struct error *error);

/*
 * In the parent: waits until the child asks, gives its user namespace the IDs of ours and lets it go on.
 * Gives up after timeout_msec. Returns 0, -ETIMEDOUT, -ECONNRESET (the child is gone) or another errno.
 */
int sandbox_assist(pid_t pid, int channel_fd, int timeout_msec);

#endif
