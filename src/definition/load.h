/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DEFINITION_LOAD_H
#define DEFINITION_LOAD_H

/* Where definitions are, and which file of several counts: as for systemd's own configuration, the first
 * directory wins; drop-ins NAME.portable.d/?*.conf of all of them add to it, in the order of their names. */

#include "definition/definition.h"

struct layout;

/* All there are below root_fd. One that cannot be read is broken. Errors: a directory that cannot be read,
 * out of memory. */
int definitions_load(int root_fd, const struct layout *layout, struct definition_list *ret,
                     struct error *error);

#endif
