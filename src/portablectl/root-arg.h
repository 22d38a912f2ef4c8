/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_ROOT_ARG_H
#define PORTABLECTL_ROOT_ARG_H

/* Image and profile arguments with --root=, where paths are those inside the tree. */

struct error;

/* The absolute path of a root as given, symlinks resolved where that can be done: not that of another
 * process in /proc. Owned by the caller. Returns 0 or a negative errno. */
int root_path(const char *root, char **ret);

/*
 * A name stays one; an absolute path means the file of that path inside the tree; a relative one is followed
 * from the current directory, and must lead into the tree. *ret is a name or a path inside the tree; links
 * at its end are not followed here, since they may be meant to be followed inside. flags: see image-arg.h.
 */
int root_arg_resolve(const char *root, const char *arg, unsigned flags, char **ret, struct error *error);

#endif
