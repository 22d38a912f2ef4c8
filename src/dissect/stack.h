/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DISSECT_STACK_H
#define DISSECT_STACK_H

/*
 * An image in layers to one tree, as the service manager puts it together for RootMStack=, only read-only:
 * the layers over each other, root around them, binds at their places. What rw has gathered is the topmost
 * layer.
 */

#include <stdbool.h>
#include <stddef.h>

struct dissect_options;
struct error;

/* In the order in which they are put together. */
enum stack_use {
        STACK_ROOT,
        STACK_LAYER,
        STACK_RW,
        STACK_BIND,
        STACK_ROBIND,
        STACK_USE_MAX,
};

struct stack_part {
        enum stack_use use;
        char *name;  /* of the entry */
        char *id;    /* what follows the use in it; NULL: nothing does */
        char *where; /* of binds: in the tree, absolute and normalised */
        char *entry; /* its path, absolute in the root */
        char *path;  /* of what it leads to, without symlinks */
        int fd;      /* O_PATH */
        bool raw;    /* a disk image, else a directory */
        bool link;   /* the entry is a symlink */
        /* Set by mstack_look() only: there is nothing where it leads, and why it cannot be opened (one line;
         * NULL: it can, or it is not told). */
        bool missing;
        char *trouble;
};

/* Sorted: mstack_compare(). Zero-initialise. */
struct stack {
        struct stack_part *parts;
        size_t n;
};

void stack_part_clear(struct stack_part *p);
void stack_clear(struct stack *s);
#define _cleanup_stack_ __attribute__((cleanup(stack_clear)))

/* What will keep the services of one that can be read from starting, or is not as it seems. */
enum stack_note_kind {
        STACK_NOTE_WRITABLE, /* a lone layer, which services write to */
        STACK_NOTE_OVERLAY,  /* rw on an overlay file system */
        STACK_NOTE_DISK,     /* a disk image at a place of its own */
        STACK_NOTE_POINT,    /* a place that the layers do not have */
        STACK_NOTE_LINK,     /* a symlink to a disk image beside root */
        STACK_NOTE_MAX,
};

/* Zero-initialise. */
struct stack_notes {
        struct stack_note {
                enum stack_note_kind kind;
                char *text; /* one line, safe to print */
        } * items;
        size_t n;
};

void stack_notes_clear(struct stack_notes *n);

/* Opens the tree of options->stack. image: its path, safe to print. *ret_fd: of a tree as from
 * dissect_open(). Both results are the caller's. */
int stack_open(const struct dissect_options *options, const char *image, int *ret_fd,
               struct stack_notes *ret_notes, struct error *error);

/* What stack-mount.c puts together: detached mounts, -EBADF: none. They are used up. */
struct stack_mounts {
        int *layers; /* the first is the bottom */
        size_t n_layers;
        int root;
        struct stack_bind {
                int fd;
                const char *where;
        } * binds;
        size_t n_binds;
};

/* A descriptor of the tree, or a negative errno: -ENOTDIR if root has no directory usr. */
int stack_mount(const struct stack_mounts *mounts);

#endif
