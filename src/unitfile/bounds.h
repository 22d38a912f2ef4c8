/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef UNITFILE_BOUNDS_H
#define UNITFILE_BOUNDS_H

/* Within what a unit of a confined image has to stay: what is the image's own, by name, and what is allowed
 * beside it. Pure. */

#include <stdbool.h>

struct unit_bounds {
        char *const *units; /* names of all units of the image, which it may start and stop */
        const char *prefix; /* what its directories and sockets begin with */
        char *const *allow; /* words of Allow=: "bind:/srv/data", "exec-privileged" */
        bool dynamic;       /* the profile gives a user of its own to what names none */
};

/* Whether the word is allowed to what has that name in Allow=. 1, 0 or -ENOMEM. */
int unit_bounds_allow(const struct unit_bounds *b, const char *name, const char *word);

/* A name that begins with the prefix, and has nothing in it that the manager would expand. */
bool unit_bounds_have_name(const struct unit_bounds *b, const char *name);

/* A path of such a name in the directory for what does not outlast a boot. */
bool unit_bounds_have_path(const struct unit_bounds *b, const char *path);

/* A unit of the image, or an instance of a template of it. 1, 0 or -ENOMEM. */
int unit_bounds_have_unit(const struct unit_bounds *b, const char *name);

#endif
