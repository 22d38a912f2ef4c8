/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_LINKS_H
#define OPERATION_LINKS_H

/*
 * The entries in /etc/portables or /run/portables by which an attached image is found by name afterwards: a
 * symlink, or with copy mode "mixed" a copy. attach makes them, the last detach removes them, and only what
 * attach made.
 */

#include <stdbool.h>
#include <stddef.h>

#include "attached/index.h"
#include "plan/attach.h"
#include "plan/detach.h"

struct error;
struct layers;
struct operation;
struct unit_selection;
struct transaction;

struct links {
        struct plan_link *items; /* to make; strings owned */
        size_t n;
        char **kept;     /* entries that were there before and are not attach's (strv) */
        char **copied;   /* entries that are copies made by this or an earlier attach (strv) */
        char **sources;  /* in the same order, what they are copies of (strv) */
        char **warnings; /* what could not be done (strv) */
        char **used;     /* by layer: the path it is started from, its own or that of the copy (strv) */
};

void links_clear(struct links *l);

/* Both strv. */
struct staged_copies {
        char **entries; /* that are to lead to copies made */
        char **notes;   /* what a copy lacks */
};

void staged_copies_clear(struct staged_copies *c);

/*
 * Copy mode "mixed", before the lock is taken: copies each layer whose entry is missing to a hidden name
 * beside it; with anew (an attach that replaces another) also where an attach has made the entry.
 */
struct links_staging {
        const struct layers *layers;
        bool runtime, anew;
};

int links_stage_copies(struct operation *o, const struct links_staging *input, struct transaction *t,
                       struct staged_copies *ret, struct error *error);

struct links_input {
        const struct layers *layers;
        bool runtime;
        char *const *staged;                   /* what links_stage_copies() has copied */
        const struct unit_selection *replaced; /* units that are */
};

/* For each layer outside of the link directory: the link or (staged) copy to make if the entry there is
 * missing, or was made by an attach that is replaced; else whose it is. */
int links_plan(struct operation *o, const struct links_input *input, struct links *ret, struct error *error);

/* The links and copies that go when the units in gone are detached: those no other unit's marker
 * needs. Strings owned by *ret: link_removals_free(). */
int links_find_removals(struct operation *o, const struct unit_selection *gone,
                        struct plan_link_removal **ret, size_t *ret_n, struct error *error);
void link_removals_free(struct plan_link_removal *removals, size_t n);

/*
 * A copy is found by its name before what it is a copy of. An image that is named, not given by its path, is
 * to be attached anew from the latter, if that is still there: *ret is its path then, else NULL. Owned by
 * the caller.
 */
int links_find_source(struct operation *o, const char *image, bool runtime, char **ret, struct error *error);

#endif
