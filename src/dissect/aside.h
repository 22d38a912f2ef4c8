/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DISSECT_ASIDE_H
#define DISSECT_ASIDE_H

/* A place to put mounts together where nobody sees them: a mount namespace of its own, in a process that
 * ends with it. What comes back is a descriptor. */

/* Calls make in such a process; it returns a descriptor (of a detached tree, that outlives the place) or a
 * negative errno, and so does this. All descriptors of ours are there. Needs CAP_SYS_ADMIN. */
int mount_aside(int (*make)(void *userdata), void *userdata);

/* A detached copy of the tree at fd with all that is mounted in it: what make returns. A descriptor or a
 * negative errno. */
int mount_clone(int fd);

#endif
