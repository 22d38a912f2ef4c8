/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_LOCK_H
#define IMAGE_LOCK_H

/* One writer an image: attach, detach, reattach, remove, read-only and limits of one image follow one
 * another. Held by an operation's process for its whole life, so that a crash frees it. */

struct error;
struct layout;
struct lock_listener;

/*
 * Waits for the locks of all these images (strv). A lock is that of the part of a name before the first "_",
 * so that reattach from one version to another is covered. Names that share a lock take it once, and all
 * locks are taken in one order, whatever that of the names is: callers that want the same ones never wait
 * for each other in a circle, nor for themselves. For that a process has to ask for all it wants in one
 * call.
 *
 * A wait is told to the listener (may be NULL) and ends after ten minutes with -ETIMEDOUT, and the error
 * names the image: lock_wait().
 *
 * *ret: close it to unlock all of them. The lock file is <root>/run/systemd/portabled.lock, root only; byte
 * ranges of it (OFD locks, fcntl(2)) stand for names. In a tree whose /run can't be written, a read-only one
 * or one that isn't ours, there is no such file and no such lock (*ret is -EBADF): that of transaction/ has
 * to do.
 */
int image_lock(int root_fd, const struct layout *layout, char *const *names,
               const struct lock_listener *listener, int *ret, struct error *error);

#endif
