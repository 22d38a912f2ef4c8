/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_LINK_ENTRY_H
#define OPERATION_LINK_ENTRY_H

/*
 * One entry of /etc/portables or /run/portables, and whose it is. Names there are those of files, so that
 * images of one name in several directories, such as releases in numbered ones, share an entry: it belongs
 * to the attach that made it, whichever of them the next one is about.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "attached/index.h"

struct error;
struct operation;
struct unit_selection;

enum entry_owner {
        ENTRY_FOREIGN, /* the administrator's */
        ENTRY_LINK,    /* a symlink that an attach made */
        ENTRY_COPY,    /* a copy that an attach made */
};

struct link_entry {
        char *path;
        bool inside; /* the image itself lies in the link directory */
        bool there;
        mode_t mode;
        char *target; /* of a symlink, else NULL */
        enum entry_owner owner;
        bool replaced; /* one of the units that made or use it is replaced */
        bool needed;   /* one of them is not */
        char *source;  /* what it is a copy of; NULL: not known */
};

void link_entry_clear(struct link_entry *e);
#define _cleanup_link_entry_ __attribute__((cleanup(link_entry_clear)))

/* Looks at the entry for the image at that path. Errors: one that can't be looked at. */
int link_entry_look(struct operation *o, const char *path, bool runtime, struct link_entry *ret,
                    struct error *error);

/* Finds out whose it is: an attach that is in force says so in its drop-ins. replaced: the units
 * that are going to be. */
int link_entry_find_owner(struct operation *o, const struct unit_selection *replaced, bool runtime,
                          struct link_entry *e, struct error *error);

#endif
