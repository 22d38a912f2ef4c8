/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ATTACHED_INDEX_H
#define ATTACHED_INDEX_H

/*
 * What is attached: one pass over the attach directories gives every unit with a marker and the images it
 * belongs to. All questions (state, list, detach, reattach) are answered from this one index, so that they
 * cost one scan however many images there are.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "basic/layout.h"

struct error;

/* By which a file is known to be the one that was read, as it was then. */
struct attached_stamp {
        dev_t device;
        ino_t inode;
        struct timespec changed;
};

struct attached_unit {
        char *name;
        const char *directory; /* one of layout->attach[].path */
        bool runtime;
        char **paths;                /* from the marker: base image first, then extensions */
        char **names;                /* their image names, same order */
        char *definition;            /* that apply attached it for; NULL: none */
        bool unit;                   /* the unit file is there too (not only its drop-in directory) */
        bool hidden;                 /* by one of that name, of the same image, in an earlier directory */
        struct attached_stamp stamp; /* private: of the file with the marker */
};

struct attached_index {
        const struct layout *layout; /* borrowed */
        struct attached_unit *units; /* sorted by directory (as layout->attach), then by name */
        size_t n_units;
        size_t n_entries[LAYOUT_ATTACH_MAX];  /* how many entries each attach directory has */
        bool exists[LAYOUT_ATTACH_MAX];       /* whether it is there */
        size_t starts[LAYOUT_ATTACH_MAX + 1]; /* private: the first unit of each of them */
        struct name_map *map;                 /* private: image name -> units */
};

/* Broken or foreign entries are skipped. Errors: ERROR_SYSTEM (a directory or drop-in that can't be read,
 * and so may be one of ours), out of memory. */
int attached_index_read(int root_fd, const struct layout *layout, struct attached_index *ret,
                        struct error *error);
/* The same for who has an index of before: what has not changed since is taken out of that, which is empty
 * afterwards, instead of being read again. For one that changes many images, one after the other. */
int attached_index_read_again(int root_fd, const struct layout *layout, struct attached_index *before,
                              struct attached_index *ret, struct error *error);
void attached_index_clear(struct attached_index *index);
#define _cleanup_attached_index_ __attribute__((cleanup(attached_index_clear)))

enum attached_match {
        ATTACHED_EXACT,   /* base and all extensions, in number and order, by image name */
        ATTACHED_PARTIAL, /* the same, names compared up to the first "_": other versions of the same image
                           */
        ATTACHED_ANY,     /* any one component of the marker equals the first name */
};

/*
 * The units that belong to these images (names without suffixes, base first), as indices into index->units
 * in order. Owned by the caller (free()). 0 hits is not an error.
 */
int attached_index_find(const struct attached_index *index, char *const *names, enum attached_match match,
                        size_t **ret, size_t *ret_n);

/* Some units of an index. */
struct unit_selection {
        const struct attached_index *index; /* borrowed */
        size_t *units;                      /* indices into index->units, owned */
        size_t n;
};

void unit_selection_clear(struct unit_selection *s);
#define _cleanup_unit_selection_ __attribute__((cleanup(unit_selection_clear)))

/* The i-th of them, and whether the unit with that index is one. */
const struct attached_unit *unit_selection_at(const struct unit_selection *s, size_t i);
bool unit_selection_has(const struct unit_selection *s, size_t unit);

/* Whether one of them has that name, in that attach directory or (NULL) in any. */
bool unit_selection_has_name(const struct unit_selection *s, const char *directory, const char *name);

#endif
