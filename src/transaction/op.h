/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_OP_H
#define TRANSACTION_OP_H

/*
 * One rename between a work directory and a path in the root, or a directory that is closed to others: what
 * a list of changes comes down to once everything new is staged.
 *
 * An op has a slot, a name in its work directory that nobody else uses. Whether it has been done can be told
 * at any time, also after a crash, from what is in the slot and at the path:
 *
 *   kind     before                       after
 *   NEW      slot: staged, path: nothing  slot: nothing, path: staged
 *   REPLACE  slot: staged, path: old      slot: old, path: staged
 *   REMOVE   slot: nothing, path: old      slot: old, path: nothing
 *   CLOSE    path: mode as it was         path: none for group and others (private.h)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum op_kind {
        OP_NEW,
        OP_REPLACE,
        OP_REMOVE,
        OP_CLOSE,
        OP_KIND_MAX,
};

/* Tells a file from any other that has or had its name: inode numbers are used again, birth times (in ns, 0
 * where the file system keeps none) are not. */
struct identity {
        uint64_t inode;
        uint64_t birth;
};

struct op {
        enum op_kind kind;
        uint32_t place;     /* index of the work directory, see work.h */
        uint32_t slot;      /* name in it: the number as text */
        char *path;         /* absolute in the root; its last component is never followed */
        struct identity id; /* NEW, REPLACE: of what is staged; REMOVE: of what is to go */
        bool tree;          /* an image copy: whatever is in it goes with it */
        bool directory;     /* NEW: a directory with "children"; REMOVE: a directory that must be empty */
        bool if_empty;      /* REMOVE of a directory: leave it if it isn't empty */
        bool confines;      /* not in the journal, as recovery waits for nobody: see struct change */
        mode_t mode; /* REMOVE of a directory: how to make it again where it could not be moved; 0: don't.
                        CLOSE: how it was */
        uid_t uid;   /* dito */
        gid_t gid;   /* dito */
        char **children; /* NEW directory: what was staged in it, relative, parents first; an image copy has
                            a
                            "/" at its end (strv) */
};

struct op_list {
        struct op *items;
        size_t n;
};

void op_clear(struct op *o);
void op_list_clear(struct op_list *l);

static inline bool identity_equal(struct identity a, struct identity b)
{
        return a.inode == b.inode && a.birth == b.birth;
}

/* Looks at name in dir_fd without following it. Returns 1 and its type and identity, 0 if there is nothing
 * of that name, or a negative errno. */
int identity_look(int dir_fd, const char *name, mode_t *ret_mode, struct identity *ret);

/* Appends; takes over what o points to in every case. Returns the item (valid until the next call) or NULL
 * if out of memory. */
struct op *op_list_add(struct op_list *l, struct op *o);

#endif
