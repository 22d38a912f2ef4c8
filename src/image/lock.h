/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_LOCK_H
#define IMAGE_LOCK_H

/* One writer an image: attach, detach, reattach, remove, read-only and limits of one image follow one
 * another. Held by an operation's process for its whole life, so that a crash frees it. */

struct error;

/* Waits for the lock of the image name (the part of the name before the first "_", so that reattach from one
 * version to another is covered). *ret: close it to unlock. The lock file is
 * <root>/run/systemd/portabled.lock, root only; byte ranges of it (OFD locks, fcntl(2)) stand for names.
 * In a tree whose /run can't be written, a read-only one or one that isn't ours, there is no such file and
 * no such lock (*ret is -EBADF): that of transaction/ has to do. */
int image_lock(int root_fd, const char *name, int *ret, struct error *error);

#endif
