/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ATTACHED_NAMES_H
#define ATTACHED_NAMES_H

/* How images are compared with markers: by name, not by path. Pure. */

#include <stdbool.h>

/* True if both are the same up to the first "_" (other versions of one image). */
bool attached_names_share_stem(const char *a, const char *b);

/* What is behind the first "_" of an image's name, its version; "" if there is none. Points into it. */
const char *attached_name_version(const char *name);

#endif
