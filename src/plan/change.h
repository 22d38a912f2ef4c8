/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_CHANGE_H
#define PLAN_CHANGE_H

/*
 * One change to the host's file system as plain data: planned by plan/, made true by transaction/, reported
 * to callers as (type, path, source). All paths are absolute within the root that the transaction works on.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum change_type {
        CHANGE_MKDIR,   /* path is a directory afterwards; nothing to do if it is one already */
        CHANGE_WRITE,   /* path is a regular file with data and mode */
        CHANGE_SYMLINK, /* path is a symlink to source (verbatim) */
        CHANGE_COPY,    /* path is a copy of source: with data set a file of that content and mode, else the
                           tree or file at    source (an absolute path in the root) was staged as image copy,
                           see    transaction_stage_copy() */
        CHANGE_UNLINK,  /* path is gone: a file, a symlink, a directory if "directory" is set */
        CHANGE_TYPE_MAX,
};

struct change {
        enum change_type type;
        char *path;
        char *source; /* symlink target or origin of a copy; NULL if there is none */
        char *data;   /* content, may hold any byte */
        size_t size;
        mode_t mode;    /* permission bits of files and directories made */
        bool replace;   /* WRITE, SYMLINK, COPY: path may exist and is replaced atomically; else that is an
                           error */
        bool directory; /* UNLINK: an image copy (a whole tree) or an empty directory */
        bool tree; /* UNLINK of a directory: with all that is in it (an image copy made by attach); SYMLINK
                      with replace: such a directory may be replaced */
        bool if_empty; /* UNLINK of a directory: left alone, silently, if something is left in it */
        bool silent;   /* made, but not reported to the caller */
        bool confines; /* UNLINK: it keeps a unit inside its image and profile, or is a directory of such:
                          goes after all others, when nobody can be in the midst of loading the unit */
};

struct change_list {
        struct change *items;
        size_t n;
};

void change_list_clear(struct change_list *l);
#define _cleanup_changes_ __attribute__((cleanup(change_list_clear)))

/* Appends one change; path and source are copied. Returns the new item (valid until the next call) or NULL
 * if out of memory. The item is zeroed but for type, path and source. */
struct change *change_list_add(struct change_list *l, enum change_type type, const char *path,
                               const char *source);

/* Takes out those that are not reported. */
void change_list_drop_silent(struct change_list *l);

/* Moves all changes of *from to the end of *l. Returns 0, or -ENOMEM with some left in *from. */
int change_list_move(struct change_list *l, struct change_list *from);

/* The names on the wire: "mkdir", "write", "symlink", "copy", "unlink". */
const char *change_type_to_string(enum change_type type);
/* Returns the type or -EINVAL. */
int change_type_from_string(const char *s);

#endif
