/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_VIEW_H
#define VERIFY_VIEW_H

/* What a service of the image sees where: the image and its extensions, and what the settings of unit and
 * profile mount over them. Source: systemd.exec(5); tried on systemd 252, 257 and 262. Opens nothing of the
 * image but by O_PATH. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "unitfile/merged.h"
#include "verify/findings.h"

struct operation;
struct prepared;
struct unit_file;

/* What hides the image at a path. */
enum cover_kind {
        COVER_EMPTY,   /* a new file system, where the manager makes what it needs */
        COVER_HOST,    /* a directory of the host's */
        COVER_UNKNOWN, /* who knows what */
};

/* Something mounted for the service, and over what. */
struct cover {
        enum cover_kind kind;
        char *path;   /* as the setting names it, with specifiers replaced */
        char *real;   /* where that leads in the image; NULL: the same */
        char *source; /* COVER_HOST */
        mode_t mode;  /* of what the image has at the path, no symlink on the way; 0: nothing */
        bool directory;
        bool link;          /* made as a symlink, beside a directory */
        enum finding_id id; /* of a mount point that is missing; FOUND_MAX: none is needed */
        const struct unit_setting *setting;
};

struct view {
        struct operation *o;
        const struct prepared *p;
        const struct unit_file *file;
        const struct unit_merged *unit; /* with the profile; of source 0: the unit's own */
        size_t *effort;                 /* see view_spend() */
        int *fds;                       /* of the layers' trees, base first */
        struct cover *covers;
        size_t n_covers;
        bool read_only;       /* nothing can be made in the image */
        bool image_read_only; /* not even for commands with "+", for which no ProtectSystem= counts */
        bool root_read_only;  /* at least not in its root directory */
};

/* Fills in what is mounted; for view_init(). Returns 0 or -ENOMEM. view-covers.c */
int view_collect_covers(struct view *v);

/* v has o, p, file, unit and effort set, which must stay. Returns 0 or -ENOMEM. */
int view_init(struct view *v);
void view_clear(struct view *v);
#define _cleanup_view_ __attribute__((cleanup(view_clear)))

/* How much may be looked for in all units of an image, counted in components of paths: an image may name
 * without end what it takes long to look for. What is beyond is not certain, and nothing is said of it. */
#define VIEW_EFFORT 1000000U

/* Takes so much of the effort; false: there is not so much left. */
bool view_spend(const struct view *v, size_t cost);

/* As much as it may take to look at that path of the host. */
bool view_spend_path(const struct view *v, const char *path);

/* More that is mounted for a service is not looked at. */
#define VIEW_COVERS_MAX 512U

enum look {
        LOOK_THERE,   /* in the image */
        LOOK_MISSING, /* in the image it is not */
        LOOK_COVERED, /* below something that is mounted over the image */
};

struct looked {
        enum look look;
        struct stat st;            /* LOOK_THERE */
        const struct cover *cover; /* LOOK_COVERED */
        bool loop;       /* LOOK_MISSING: a symlink that leads to itself, where nothing can be made */
        int fd;          /* LOOK_THERE: O_PATH */
        char path[4096]; /* where it really lies, or what of the path is not there */
};

/* Whether the manager can make what was looked for and is missing: not in a read-only image, and nothing
 * behind a symlink that leads to itself. */
bool view_can_make(const struct view *v, const struct looked *l);

/* Follows the path as the service would, without its last symlink if so wanted. */
void view_look(const struct view *v, const char *path, struct looked *ret);
void looked_clear(struct looked *l);
#define _cleanup_looked_ __attribute__((cleanup(looked_clear)))

/* Whether something is mounted over a directory that the path lies in; true also where that is not certain.
 */
bool view_is_covered(const struct view *v, const char *path);

/* False if the service will not find it; true also where that is not certain. */
bool view_has(const struct view *v, const char *path);

/* Whether it runs under ProtectSystem=strict, and as root. */
bool view_is_strict(const struct view *v);
bool view_runs_as_root(const struct view *v);

/* The unit's specifiers that are certain before it starts, in place; NULL if there are others, or out of
 * memory. */
char *view_expand(const struct view *v, const char *text);

#endif
