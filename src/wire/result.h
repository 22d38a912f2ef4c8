/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WIRE_RESULT_H
#define WIRE_RESULT_H

/*
 * What comes of a request (request.h): filled by an operation, and read by whoever shows it, with or without
 * a bus in between. methods.h says which of it a method returns.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "basic/error.h"
#include "plan/change.h"

/* An image, as seen from outside. */
struct image_row {
        char *name, *type, *state;
        bool read_only;
        uint64_t crtime, mtime;     /* µs since the epoch, 0 if unknown */
        uint64_t usage;             /* bytes, UINT64_MAX if unknown */
        char *profile, *definition; /* of what is attached, as far as asked for; NULL: none, or not known */
        /* Of one that was asked for alone. */
        char *path;
        uint64_t usage_exclusive;        /* as usage */
        uint64_t limit, limit_exclusive; /* bytes, UINT64_MAX if unknown or unlimited */
};

/* Sorted by name. */
struct image_table {
        struct image_row *rows;
        size_t n;
};

/* Frees the rows from that number on. */
void image_table_cut(struct image_table *t, size_t n);

/* One file out of an image. */
struct image_file {
        char *name;    /* unit name, or for extensions the extension's */
        char *content; /* NUL-terminated, may hold NULs */
        size_t size;
};

/* A partition of a raw image, or its only file system. */
struct image_partition {
        uint64_t number; /* 0: the image is a bare file system */
        char *designator, *architecture;
        uint64_t offset, size; /* bytes */
        char *file_system;     /* as libblkid names it; empty: none that is known */
        char *use;             /* "signed", "verity", "unprotected", "unused" */
};

/* An image that is looked at, or one of its extensions. */
struct image_layer {
        char *path, *type;
        uint64_t size; /* bytes on disk, UINT64_MAX: not known */
        bool read_only;
        char *version; /* "ID_VERSION"; empty if it says none */
        char *policy;  /* what an attach would pin; empty: nothing */
        char *misfit;  /* why it cannot be attached, or not to its base; empty: it can be */
        struct image_partition *partitions;
        size_t n_partitions;
};

struct image_metadata {
        char *path; /* of the image */
        struct image_file release;
        struct image_file *extensions; /* release files of the extensions, in the order of the request */
        size_t n_extensions;
        struct image_file *units; /* sorted by name */
        size_t n_units;
        struct image_layer *layers; /* the image and its extensions; none if it is not known */
        size_t n_layers;
        char **sandbox, **sandbox_missing; /* strv: layers that held while it was read, and that did not;
                                              NULL: not known */
};

/* One assignment of a release file. */
struct image_field {
        char *key, *value;
};

struct image_fields {
        struct image_field *items;
        size_t n;
};

/* The state of an image that was named. */
struct named_state {
        char *state;   /* of exactly that version */
        char *version; /* name of what is attached in its place: the same or another version; "": nothing */
        char *nearest; /* state of that; what systemd's own portablectl prints */
        char *own;     /* of the image of just that name, as list tells it */
};

/* What came of one image that was to be attached, detached or attached anew. */
struct operation_result {
        char *image;                         /* as it was named */
        struct change_list removed, updated; /* attach: only updated, detach: only removed */
        char *image_path;                    /* the base image, once known; for the log */
        char *replaced;                      /* reattach: path of the image that was attached before */
        char **warnings;                     /* done, but something will not work (strv) */
        struct error error; /* set if this image was refused; then nothing of it was changed */
};

struct operation_results {
        struct operation_result *items;
        size_t n;
};

/* What a signal tells of an image whose units were changed. */
struct image_event {
        char *verb, *name, *path;
        bool runtime;
        char **units;
        char *replaced; /* path of the image that was attached before; "": none was */
};

struct image_events {
        struct image_event *items;
        size_t n;
};

/* Zero-initialise. Each operation fills what it is about. */
struct result {
        char *object; /* name of the image whose object it is */
        struct image_table images;
        char **names; /* strv: of all images */
        uint64_t pool_usage, pool_limit;
        struct image_metadata metadata;
        struct image_fields fields;
        struct named_state state;
        struct change_list removed, updated; /* of the one image of a request that has one */
        struct operation_results outcomes;   /* of several */
        struct image_events events;          /* not for the caller */
};

void result_clear(struct result *r);
#define _cleanup_result_ __attribute__((cleanup(result_clear)))

/* Each for what is kept after the rest was cleared. */
void image_metadata_clear(struct image_metadata *m);
void operation_result_clear(struct operation_result *r);
#define _cleanup_operation_result_ __attribute__((cleanup(operation_result_clear)))

/* Copies content into f, with a NUL behind it. Returns 0 or -ENOMEM, with f to be cleared with what it is
 * part of. */
int image_file_set(struct image_file *f, const char *name, const void *content, size_t size);

/* Leaves out the changes that are not reported to callers. */
void result_drop_silent(struct result *r);

/* Of the one outcome there is: its changes become those of the result; or its error is set and the negative
 * errno returned. */
int result_take_one(struct result *r, struct error *error);

/* Rows and units, which other daemons may send in any order, by name. */
void result_sort(struct result *r);

#endif
