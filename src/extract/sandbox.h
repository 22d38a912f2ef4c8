/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EXTRACT_SANDBOX_H
#define EXTRACT_SANDBOX_H

/*
 * The cage of the process that reads an image. It keeps two descriptors, the tree and one end of a socket,
 * and loses all else. In layers, so that where a kernel or a container withholds one the others hold (enum
 * sandbox_layer):
 *
 *  - the tree becomes a private read-only nosuid nodev noexec nosymfollow view of itself, and the
 *    root directory of a mount namespace that has nothing else; else a chroot;
 *  - own user, mount and IPC namespaces, and an empty network namespace, which the readers of one
 *    daemon share (see network.h); user and group "nobody";
 *  - no capability on the host. Within its own user namespace CAP_DAC_READ_SEARCH stays, because a portable
 *    service starts as root and its image may hold unit files and directories that only their owner may
 *    read. (Without a user namespace it is the one capability kept; no system call is left to misuse it.)
 *  - Landlock: nothing but reading below the tree, no TCP, no signals;
 *  - resource limits;
 *  - a seccomp allow list; everything else kills the process.
 *
 * Required of everybody: no_new_privs, no capability on the host, the limits, the seccomp list, and one of
 * the three that put what lies outside of the tree out of reach: mount namespace, chroot, Landlock. A user
 * without privileges has the first through a user namespace and the last from the kernel, and never the
 * second; with neither of them nothing is read, since a reader that an image has taken over could tell what
 * it finds in all files of that user. The rest is taken where it is granted, and what was not is told.
 */

#include <stdint.h>
#include <sys/types.h>

struct error;

/* Which layers hold; the names in sandbox_layer_to_string() are part of what `inspect --json` says. */
enum sandbox_layer {
        SANDBOX_VIEW,   /* a read-only view of the tree */
        SANDBOX_ROOT,   /* which is all of its mount namespace */
        SANDBOX_CHROOT, /* in place of that */
        SANDBOX_USER,   /* namespaces of its own, or for the network an empty one */
        SANDBOX_NETWORK,
        SANDBOX_IPC,
        SANDBOX_NOBODY, /* user and group */
        SANDBOX_LANDLOCK,
        SANDBOX_SECCOMP,
        SANDBOX_LAYER_MAX,
};

#define SANDBOX_BIT(layer) (1U << (layer))
#define SANDBOX_ALL        (SANDBOX_BIT(SANDBOX_LAYER_MAX) - 1)
/* One of these must hold. */
#define SANDBOX_CONFINED \
        (SANDBOX_BIT(SANDBOX_ROOT) | SANDBOX_BIT(SANDBOX_CHROOT) | SANDBOX_BIT(SANDBOX_LANDLOCK))

/* "read-only-view", "mount-namespace"... */
const char *sandbox_layer_to_string(enum sandbox_layer layer);

/* The layers as a list for people: "read-only-view, seccomp; not there: landlock". Allocated, NULL if out of
 * memory. */
char *sandbox_layers_describe(uint32_t held);

/* Those that could hold and don't: the layers outside of held, without a chroot, which is a stopgap. */
uint32_t sandbox_missing(uint32_t held);

/* CPU seconds: what an image is made of can cost this much at most. */
#define SANDBOX_CPU_SECONDS 4U

/*
 * In the child: enters the cage. tree_fd and channel_fd keep their numbers, all other descriptors are
 * closed. network_fd: an empty network namespace (network.h) to be in; 0: make one. Talks with
 * sandbox_assist() over channel_fd in between. Returns 0 with a bit for each layer that holds
 * (SANDBOX_BIT()), or a negative errno with the error set.
 */
int sandbox_enter(int tree_fd, int channel_fd, int network_fd, uint32_t *ret_layers, struct error *error);

/*
 * In the parent: waits until the child asks, gives its user namespace the IDs of ours and lets it go on.
 * Gives up after timeout_msec. Returns 0, -ETIMEDOUT, -ECONNRESET (the child is gone) or another errno.
 */
int sandbox_assist(pid_t pid, int channel_fd, int timeout_msec);

#endif
