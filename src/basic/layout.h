/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_LAYOUT_H
#define BASIC_LAYOUT_H

/*
 * Where everything lies: each path of the host that this software knows, for the system and for a user. It
 * is passed on beside the root descriptor that the paths are looked up in. What lies at fixed places inside
 * of an image is in layout-image.h.
 */

#include <stdbool.h>
#include <stddef.h>

enum layout_scope {
        LAYOUT_SYSTEM,
        LAYOUT_USER,
};

/* Where attached units live. */
struct layout_attach {
        const char *path;
        bool runtime; /* gone at the next boot, or when the user has left */
        bool shared;  /* holds units of others, too: never removed when empty */
};

enum { LAYOUT_ATTACH_MAX = 4 };

/* Below what a service manager makes the directories of a service. */
enum layout_base {
        LAYOUT_BASE_STATE,
        LAYOUT_BASE_CACHE,
        LAYOUT_BASE_LOGS,
        LAYOUT_BASE_CONFIGURATION,
        LAYOUT_BASE_RUNTIME,
        LAYOUT_BASE_MAX,
};

/* Absolute and normalised paths. Lists end with NULL, the most important first. */
struct layout {
        enum layout_scope scope; /* of the service manager and its bus, too */

        const char *const *images; /* search path */
        const char *pool;          /* the one of them for new images */
        const char *links;         /* where attach makes links and copies of images that lie elsewhere */
        const char *links_runtime;
        struct layout_attach attach[LAYOUT_ATTACH_MAX];
        const char *const *profiles;
        const char *profiles_end;       /* how the path of each ends */
        const char *const *config;      /* of portabled.conf and portabled.conf.d/ */
        const char *const *definitions; /* of what shall be attached */
        const char
                *updates; /* records of updates that are under way, a directory each; NULL: there are none */
        const char *failures; /* of what was updated to and did not run, a file each; likewise */

        const char *const *units;       /* where a manager loads units from, unless it says otherwise */
        const char *const *enabled;     /* where units are enabled by links */
        const char *const *image_units; /* where unit files are in an image; LAYOUT_IMAGE_UNITS_MAX */

        /* For layout_base_directory(). Of service managers before LAYOUT_STATE_SINCE the old ones count. */
        const char *bases[LAYOUT_BASE_MAX], *bases_old[LAYOUT_BASE_MAX];
        const char *bus; /* socket of the bus that services of this scope talk to */

        /* Where a transaction has its hidden directory: in the first that there is of work or work_runtime;
         * where work is read-only, in one of work_written. work_all: where to look for unfinished ones, the
         * first directories before those of further mounts. */
        const char *const *work, *const *work_runtime, *const *work_written, *const *work_all;

        const char *lock;                    /* file */
        const char *const *lock_directories; /* that are made for it, each in the one before */
        const char *lock_read_only;          /* the file where that can't be written, but "work" can */
};

enum { LAYOUT_IMAGE_UNITS_MAX = 16 };

/* The first service manager that knows $XDG_STATE_HOME. Source: systemd.exec(5). */
enum { LAYOUT_STATE_SINCE = 254 };

extern const struct layout layout_system;

/* What the paths of a user are made of, as the environment has it. Values that are not absolute paths count
 * as unset, as the XDG Base Directory Specification says. */
struct layout_user {
        const char *home;        /* $HOME */
        const char *config_home; /* $XDG_CONFIG_HOME, unset: ~/.config */
        const char *state_home;  /* $XDG_STATE_HOME, unset: ~/.local/state */
        const char *cache_home;  /* $XDG_CACHE_HOME, unset: ~/.cache */
        const char *data_home;   /* $XDG_DATA_HOME, unset: ~/.local/share */
        const char *runtime_dir; /* $XDG_RUNTIME_DIR */
};

/* The layout of a user, to be freed with layout_free(). -ENXIO if the home or the run-time directory is not
 * known, -ENOMEM. */
int layout_new_user(const struct layout_user *user, struct layout **ret);

/* Where the run-time directory of a user is, by number. Source: pam_systemd(8). */
#define LAYOUT_RUNTIME_DIR_FORMAT "/run/user/%u"

/* The same by the variables of an environment ("NAME=value", strv), and by that of this process. */
int layout_new_by_environment(char *const *environment, struct layout **ret);
int layout_new_own(struct layout **ret);

/*
 * The variable of the environment, without "$", by which root would work in a directory of somebody else, as
 * after "sudo -E": who owns it could lead root anywhere by links. NULL: there is none, or we are not root.
 */
const char *layout_find_foreign(void);

struct layout *layout_free(struct layout *l);
void cleanup_layoutp(struct layout **l);
#define _cleanup_layout_ __attribute__((cleanup(cleanup_layoutp)))

/* What makes systemctl(1) and its kin turn to the service manager of this scope: " --user", or "". */
const char *layout_option(const struct layout *l);

/* Below what that kind of directory of a service lies; manager_version 0 is a new one. */
const char *layout_base_directory(const struct layout *l, enum layout_base base, unsigned manager_version);

/* Where attach makes links and copies of images. */
const char *layout_links(const struct layout *l, bool runtime);

/* The attach directory of this kind. */
const char *layout_attach_directory(const struct layout *l, bool runtime, bool shared);

/* The attach directory that is at the path or has it below, LAYOUT_ATTACH_MAX if none has. */
size_t layout_attach_find(const struct layout *l, const char *path);

/* True if path lies directly in a directory of the search path. */
bool layout_has_image(const struct layout *l, const char *path);

/* True if the directory is one of those for profiles, or would be with another prefix. */
bool layout_has_profiles(const struct layout *l, const char *directory);

/* True for what comes with the operating system, and is not to be changed. */
bool layout_is_vendor(const char *path);

/* Where the certificates are that root hashes are signed with; those of the machine in each scope. */
extern const char *const layout_certificates[];

/* Where the program of the service manager is, and its library. */
extern const char *const layout_managers[];
extern const char *const layout_manager_libraries[];

/* Programs that every system has, in one of these places. */
extern const char *const layout_native_programs[];

/* Where a tree has one directory of libraries for each architecture. */
extern const char layout_libraries[];

/* Asks for passwords on a terminal: of polkit. */
extern const char layout_polkit_agent[];

#endif
