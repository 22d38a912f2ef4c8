/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_FAULT_LAYOUT_H
#define TEST_FAULT_LAYOUT_H

/* How the tree that a transaction works on is mounted. Needs root and a mount namespace of its own. */

#include "sandbox.h"
#include "scenario.h"

enum layout_kind {
        LAYOUT_PLAIN,   /* one file system */
        LAYOUT_BIND,    /* /etc/portables is another mount, so that renames into it don't work */
        LAYOUT_OVERLAY, /* the old state is the lower layer of an overlayfs, whose directories can't be moved
                         */
        LAYOUT_MAX,
};

struct layout {
        enum layout_kind kind;
        struct sandbox root;  /* what the transaction sees */
        struct sandbox other; /* what is mounted into it, or lies below it */
};

const char *layout_name(enum layout_kind kind);

/* Makes the tree below the directory where, in the scenario's old state. */
void layout_make(struct layout *l, enum layout_kind kind, const struct scenario *c, const char *where);
void layout_remove(struct layout *l);

#endif
