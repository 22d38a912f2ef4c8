/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_IMAGE_ARG_H
#define PORTABLECTL_IMAGE_ARG_H

/* From what somebody typed to what the daemon is asked for: image name or absolute path, and prefixes. */

#include <stdbool.h>

struct error;
struct options;

enum image_arg_flags {
        IMAGE_ARG_MAY_MISS = 1 << 0,  /* a path that leads nowhere (any more) is fine */
        IMAGE_ARG_KEEP_LINK = 1 << 1, /* the last component is not followed if it is a symlink */
        IMAGE_ARG_REMOTE = 1 << 2,    /* the path is one of another system: absolute, used as it is */
};

/* A name (no slash) is checked, a path made absolute and, but for flags, resolved. *ret is owned by the
 * caller. Errors name the argument. */
int image_arg_resolve(const char *arg, unsigned flags, char **ret, struct error *error);

/*
 * The prefixes for an image: those on the command line (args), else the default one, that follows from the
 * name as typed (as resolved, where what was typed is only "./" or the like). "-" alone stands for all
 * units: *ret is an empty list then. *ret_default says that nothing was given.
 */
int image_prefixes(const char *typed, const char *resolved, char *const *args, char ***ret,
                   bool *ret_default, struct error *error);

/* The line that says what is matched, "(Matching unit files with prefix 'x'.)". NULL if out of memory. */
char *image_prefixes_describe(char *const *prefixes);

#endif
