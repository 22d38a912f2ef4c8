/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_PROFILE_ARG_H
#define PORTABLECTL_PROFILE_ARG_H

/* From what somebody typed as profile to what an attach takes: a name, or the absolute path of a file. */

#include <stdbool.h>

struct client;
struct error;

/* With a slash in it a profile is a path, and must end in ".conf". */
bool profile_arg_is_path(const char *profile);
bool profile_arg_is_valid(const char *profile);

/* A path is made absolute and resolved, with --root= inside the tree, as image arguments are. *ret is owned
 * by the caller. Errors name the argument. */
int profile_arg_resolve(const struct client *client, const char *profile, char **ret, struct error *error);

#endif
