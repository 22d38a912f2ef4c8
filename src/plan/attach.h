/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_ATTACH_H
#define PLAN_ATTACH_H

/*
 * What an attach changes, computed and not done: everything it needs to know comes in as plain data, a list
 * of changes comes out, in the order in which they are to be made and reported. Pure.
 * All strings in the inputs belong to the caller.
 */

#include <stdbool.h>
#include <stddef.h>

#include "plan/change.h"
#include "plan/kind.h"

struct error;

/* One layer: the base image or an extension. */
struct plan_layer {
        const char *path; /* the image, symlinks resolved, or the copy of it that is made */
        enum image_type type;
        bool verity;                  /* mounted by way of device mapper */
        const char *name_and_version; /* "ID_VERSION", "ID", or NULL if it must be left out */
        const char *pin;         /* base: image policy, NULL for directories or where the manager has none */
        const char *root_hash;   /* base: verity root hash that the manager must be told, or NULL */
        const char *root_verity; /* base: path of the hash data, NULL where the manager finds them */
        bool confext;            /* a configuration extension and nothing else */
        bool like;               /* an extension that fits by the ID_LIKE= of the base only */
        bool versionless;        /* an extension whose release file has its name without the version */
};

struct plan_unit {
        const char *name;
        const char *content;
        size_t size;
        size_t layer;            /* index in layers[]: where the unit comes from */
        const char *source;      /* shown as origin of the copy; NULL: none (raw images) */
        const char *link_target; /* symlink mode: what the unit becomes a symlink to; NULL: a copy */
        bool devices_restricted; /* the unit with its profile may only use the devices that are listed */
        const char *resets;      /* text that takes back what steps out of the profile; NULL: none */
        bool own_root;           /* its text says, or can say later, what its root is */
};

/* A profile is a directory with a file for each kind of unit it has to say something about. */
struct plan_profile_part {
        const char *suffix; /* "service" */
        const char *path;   /* /usr/lib/systemd/portable/profile/default/service.conf */
        const char *content;
        size_t size;
};

/* How the image (and each extension) outside the search path is made to appear in it. */
struct plan_link {
        const char *path;   /* /etc/portables/NAME.raw */
        const char *source; /* the image */
        bool copy;          /* "mixed": a copy, staged before */
        bool replace;       /* instead of an entry that an earlier attach made */
        bool tree;          /* which is a copy of a directory */
        bool silent;
};

struct plan_existing_unit {
        const char *name;
        bool unit;    /* the unit file is there */
        bool profile; /* 10-profile.conf is there */
        bool dropin_directory;
};

struct plan_attach {
        const struct plan_layer *layers; /* base first */
        size_t n_layers;
        const char *extension_pin; /* one policy that all raw extensions satisfy; NULL if there is none */
        const struct plan_unit *units; /* in the order wanted */
        size_t n_units;
        const struct plan_profile_part *profile;
        size_t n_profile;
        const struct plan_link *links;
        size_t n_links;

        const char *attach_directory; /* /etc/systemd/system.attached */
        bool attach_directory_exists;
        const struct plan_existing_unit *existing; /* what is there of these units, to be replaced */
        size_t n_existing;

        char *const *kept; /* entries in the link directory that were there before, and survive the detach */
        char *const *copied;        /* entries that are copies made by this or an earlier attach */
        char *const *sources;       /* in the same order, what they are copies of */
        char *const *prefixes;      /* that were asked for, if they are not the usual ones; NULL: they are */
        char *const *given;         /* unit files that stand for those of the image; NULL: its own do */
        const char *definition;     /* that the units are of; NULL: of none */
        bool confined;              /* it was asked for, so that a reattach has to keep it */
        bool copy_profile;          /* copy mode "copy": the profile is copied, not linked */
        bool relax_extension_check; /* forced */
        bool user;                  /* for the service manager of a user */
        unsigned manager_version;   /* 0: not known */
};

/* Errors: a path that can't be written to a unit file, an extension that this manager can't use
 * (ERROR_NOT_SUPPORTED). */
int plan_attach(const struct plan_attach *input, struct change_list *ret, struct error *error);

/* The text of 20-portable.conf of one unit. Owned by the caller. */
int plan_dropin_format(const struct plan_attach *input, const struct plan_unit *unit, char **ret,
                       struct error *error);

#endif
