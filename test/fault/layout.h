/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_FAULT_LAYOUT_H
#define TEST_FAULT_LAYOUT_H

/* How the tree that a transaction works on is mounted. Needs root and a mount namespace of its own. */

#include "sandbox.h"
#include "scenario.h"

enum fault_layout_kind {
        LAYOUT_PLAIN,   /* one file system */
        LAYOUT_BIND,    /* /etc/portables is another mount, so that renames into it don't work */
        LAYOUT_OVERLAY, /* the old state is the lower layer of an overlayfs, whose directories can't be moved
                         */
        LAYOUT_MAX,
};

struct fault_layout {
        enum fault_layout_kind kind;
        struct sandbox root;  /* what the transaction sees */
        struct sandbox other; /* what is mounted into it, or lies below it */
};

const char *fault_layout_name(enum fault_layout_kind kind);

/* Makes the tree below the directory where, in the scenario's old state. */
void fault_layout_make(struct fault_layout *l, enum fault_layout_kind kind, const struct scenario *c,
                       const char *where);
void fault_layout_remove(struct fault_layout *l);

#endif
