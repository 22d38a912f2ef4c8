/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DEFINITION_FIND_H
#define DEFINITION_FIND_H

/* What of the attached units is a definition's: by its mark, or, where that was lost as with a reattach by
 * hand, perhaps by the name of the image. Pure. */

#include <stdbool.h>
#include <stddef.h>

struct attached_index;
struct attached_unit;
struct definition;

enum definition_owner {
        OWNER_NOBODY,   /* nothing of it is attached */
        OWNER_OWN,      /* marked with it */
        OWNER_UNMARKED, /* a version of its image, without any mark */
};

/* *ret is one of the units; others of the same have the same images. */
enum definition_owner definition_find_attached(const struct attached_index *index,
                                               const struct definition *d, const struct attached_unit **ret);

struct definition_list;

/* True for a unit that is marked with a definition that is not there, or masked. */
bool definition_is_orphan(const struct definition_list *l, const struct attached_unit *unit);

#endif
