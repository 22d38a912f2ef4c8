/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_KIND_H
#define PLAN_KIND_H

/*
 * Kinds of images, a row each: what they are called, how they are opened, what a drop-in says of them, and
 * what can be done to them. A decision by kind that is data stands here; image/describe.c tells which kind a
 * file is, dissect/ opens it. Pure.
 */

#include <stdbool.h>

#include "plan/feature.h"

enum image_type {
        IMAGE_DIRECTORY,
        IMAGE_SUBVOLUME,
        IMAGE_RAW,
        IMAGE_BLOCK,
        IMAGE_MSTACK, /* a directory of layers, systemd.mstack(7) */
        IMAGE_TYPE_MAX,
};

/* In which forms an image name comes as a file name, in the order of preference in one directory. */
enum entry_form {
        ENTRY_FORM_PLAIN,
        ENTRY_FORM_RAW,
        ENTRY_FORM_VERSIONED,
        ENTRY_FORM_VERSIONED_RAW,
        ENTRY_FORM_MSTACK,
        ENTRY_FORM_VERSIONED_MSTACK,
        ENTRY_FORM_MAX,
};

/* Settings that tell a service manager where the root of a service is; the one of the image's kind is
 * written, and takes the place of all that a unit says itself. */
enum root_setting {
        ROOT_DIRECTORY,
        ROOT_IMAGE,
        ROOT_MSTACK,
        ROOT_SETTING_MAX,
};

struct root_setting_row {
        const char *name;
        enum feature feature; /* which a service manager must have to know it; FEATURE_MAX: each knows it */
};

extern const struct root_setting_row root_settings[ROOT_SETTING_MAX];

/* How an image goes away: image_remove(). */
enum kind_removal {
        KIND_REMOVE_NEVER,
        KIND_REMOVE_FILE, /* with what lies beside it */
        KIND_REMOVE_TREE,
};

/* What marks an image read-only: image_set_read_only(). */
enum kind_mark {
        KIND_MARK_IMMUTABLE,  /* the attribute of the directory */
        KIND_MARK_SUBVOLUME,  /* the flag of the subvolume */
        KIND_MARK_WRITE_BITS, /* permissions of the file */
        KIND_MARK_DEVICE,     /* the kernel's flag of the device */
        KIND_MARK_NEVER,      /* what it is made of says so */
};

struct image_kind {
        const char *name;     /* "directory": on the bus, in lists */
        enum entry_form form; /* of its file names */
        bool tree;  /* a tree of files, used as it is; else it is mounted first, under the image policy */
        bool stack; /* a directory of layers, from which the tree is put together */
        enum root_setting root;

        /* Its setting as an extension, and what a service manager must have for it; NULL: can be none. */
        const char *extension;
        enum feature extension_feature;

        enum kind_removal removal;
        enum kind_mark mark;
        bool limit; /* of its size: can have one */
};

/* The row of a kind, NULL for IMAGE_TYPE_MAX. */
const struct image_kind *image_kind(enum image_type type);

/* "directory", "subvolume", "raw", "block", "mstack"; NULL for IMAGE_TYPE_MAX. */
const char *image_type_to_string(enum image_type type);

struct entry_form_row {
        const char *suffix;
        const char *kind; /* the suffix that files of the kind have, in it or by itself */
        bool versioned;   /* a directory of them, systemd.v(7) */
        bool file;        /* they are regular files (or devices), else directories */
};

extern const struct entry_form_row entry_forms[ENTRY_FORM_MAX];

/* Longer than any of the suffixes. */
enum { ENTRY_SUFFIX_SIZE = 16 };

/* The form with the longest suffix that the file name has, with something before it. */
enum entry_form entry_form_of(const char *file);

/* Whether a regular file of that name is an image. */
bool entry_form_has_files(const char *file);

/* The name of the image that a path is of: "minimal_1" from "/x/minimal_1.raw", "/x/minimal_1.v",
 * "/x/minimal_1.raw.v", "/x/minimal_1.mstack"; "minimal_1_2" from "minimal_1.raw.v/minimal_1_2.raw". What is
 * in the file system does not count: a directory "x.raw" gives "x", too. Allocated; NULL if out of memory.
 */
char *image_name_from_path(const char *path);

#endif
