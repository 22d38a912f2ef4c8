/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_MARKER_H
#define PLAN_MARKER_H

/*
 * The first line of 20-portable.conf, by which an attached unit is recognised later, by us and by systemd's
 * own portabled:
 *
 *     # Drop-in created for image '/base:/extension', do not edit.
 *
 * Base image first, then the extensions in order; ":", "\" and control characters within a path are written
 * as \xNN. Written by plan/, read back by attached/. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

/* Long enough for a marker with many extensions; a drop-in that is longer is not recognised as one of ours,
 * so none such is written. */
#define MARKER_FILE_SIZE_MAX (64U * 1024U)

/* The line with its newline. NULL if out of memory. */
char *marker_format(char *const *paths);

/* Looks at the first line of a drop-in. 1: *ret has the paths (strv, at least one); 0: not a drop-in of
 * ours; -ENOMEM. */
int marker_parse(const char *data, size_t size, char ***ret);

/*
 * Comment lines after the marker, only there when what is usual does not hold: the entries in the link
 * directory are symlinks that attach made and detach removes, and the prefix of units is that of the image.
 */
enum marker_note {
        MARKER_NOTE_KEPT,   /* entries that were there before: detach leaves them */
        MARKER_NOTE_COPIED, /* entries that are copies of the image, made by attach: detach removes them */
        MARKER_NOTE_SOURCE, /* in the same order, what they are copies of */
        /* Prefixes of unit names that were asked for, not the one that follows from the name of the image
         * nor those that the image names: a reattach asks for them again. */
        MARKER_NOTE_PREFIXES,
        MARKER_NOTE_UNITS,    /* unit files that were taken in the place of those of the image */
        MARKER_NOTE_CONFINED, /* it was asked that the image be confined: a reattach does so again */
        MARKER_NOTE_MAX,
};

/* The line with its newline, "" for an empty list. NULL if out of memory. */
char *marker_note_format(enum marker_note note, char *const *paths);

/* The paths of that note in a drop-in's text, an empty list if it is not there. Returns 0 or -ENOMEM. */
int marker_note_parse(enum marker_note note, const char *data, size_t size, char ***ret);

/*
 * The section at the end by which the units that `apply` attached are known to be of a definition. Service
 * managers, and systemd's own portabled, pass over sections that begin with "X-".
 */

/* Letters, digits, ":", "-", "_" and ".", not first a ".": fit for a file, and for a line. */
bool marker_definition_is_valid(const char *name);

/* The section, with an empty line above. NULL if out of memory. */
char *marker_definition_format(const char *name);

/* The name in a drop-in's text, *ret is NULL if there is none. Returns 0 or -ENOMEM. */
int marker_definition_parse(const char *data, size_t size, char **ret);

#endif
