/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_MASK_H
#define IMAGE_MASK_H

/* A link to /dev/null in the search path masks the image of that name, as it does with units: it hides those
 * in the directories that come later. */

#include <stdbool.h>

/* Whether the entry of an open directory is such a link. */
bool entry_is_mask(int dir_fd, const char *entry);

#endif
