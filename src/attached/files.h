/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ATTACHED_FILES_H
#define ATTACHED_FILES_H

/* The drop-in directory of one attached unit. */

#include <stdbool.h>

struct attached_unit;
struct error;

/* What lies in NAME.d beside the marker, and the notes below it. */
struct attached_files {
        bool profile;    /* 10-profile.conf */
        bool foreign;    /* anything else but 20-portable.conf */
        char **kept;     /* entries in the link directory that are not attach's */
        char **copied;   /* entries that are copies made by attach */
        char **sources;  /* what they are copies of, in the same order, as far as that is known */
        char **prefixes; /* of units, that were asked for and are not the usual ones */
        char **confined; /* not empty: it was asked for */
        char **given;    /* unit files that stand for those of the image */
};

/* Zero-initialise *ret; free with attached_files_clear(). */
int attached_unit_read_files(int root_fd, const struct attached_unit *unit, struct attached_files *ret,
                             struct error *error);
void attached_files_clear(struct attached_files *f);
#define _cleanup_attached_files_ __attribute__((cleanup(attached_files_clear)))

/* Whether that errno, of an attempt to open a drop-in or its directory, says that it is nothing of ours.
 * After any other (EIO, ENFILE, ...) it may be: to pass over it would leave half of an image behind at
 * detach. What only others may read is foreign to who has no privileges. */
bool attached_error_is_foreign(int errnum);

#endif
