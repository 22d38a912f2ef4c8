/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_DETACH_H
#define PLAN_DETACH_H

/* What a detach removes, and what a reattach removes of units that the new image has not. Pure. */

#include <stdbool.h>
#include <stddef.h>

#include "plan/change.h"

struct error;

struct plan_attached_unit {
        const char *name;
        const char *directory; /* the attach directory it lies in */
        bool unit;             /* the unit file is there */
        bool profile;          /* NAME.d/10-profile.conf is there */
        bool foreign;          /* NAME.d holds more than our two files: the directory stays */
};

struct plan_link_removal {
        const char *path; /* /etc/portables/NAME.raw */
        bool tree;        /* a copied directory */
};

/* A link that enables a unit which is removed, or the directory of links that is empty then. */
struct plan_enablement {
        const char *path;
        bool directory;
};

struct plan_detach {
        const struct plan_attached_unit *units;
        size_t n_units;
        const struct plan_enablement *enablement; /* directories after what lies in them */
        size_t n_enablement;
        const struct plan_link_removal *links;
        size_t n_links;
        const char *const
                *emptied_directories; /* attach directories that hold nothing else, NULL-terminated */
        bool brief;                   /* reattach: report a unit and its directory, not the files in it */
};

/* Units go before what confines them, and what enables them goes before.  Errors: out of memory only. */
int plan_detach(const struct plan_detach *input, struct change_list *ret, struct error *error);

#endif
