/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_STATUS_H
#define OPERATION_STATUS_H

/* What there is to say about an attached image: read from the attach directories and the service manager, as
 * far as the caller may. */

#include <stdbool.h>
#include <stddef.h>

#include "attached/state.h"
#include "dissect/stack.h"

struct error;
struct image_metadata;
struct layout;
struct operation;
struct operation_request;

/* How a unit file on the host compares with the one in the image. */
enum unit_content {
        CONTENT_UNKNOWN, /* the image can't be read (by this caller) */
        CONTENT_SAME,
        CONTENT_CHANGED,
        CONTENT_GONE, /* the image has no such unit any more */
};

/* What a running service runs from. */
enum unit_runs {
        RUNS_UNKNOWN,  /* does not run, or can't be told */
        RUNS_CURRENT,  /* what is attached now */
        RUNS_PREVIOUS, /* it was started before the last attach or reattach */
        RUNS_REPLACED, /* an image file of it was replaced or written to since it was started */
};

/* One that is active, of a template. */
struct status_instance {
        char *name;
        char *active;
        enum unit_runs runs;
};

struct status_text {
        char *content; /* may hold NULs; NULL: there is none */
        size_t size;
};

struct status_unit {
        char *name;
        char *active;     /* "active", "inactive", ...; NULL: not known */
        char *file_state; /* "enabled", ...; NULL: not known */
        bool hidden;      /* by one of that name, of the same image, in an earlier attach directory */
        enum unit_content content;
        struct status_text attached, source; /* on the host and in the image, if they are not the same */
        enum unit_runs runs;
        struct status_instance *instances;
        size_t n_instances;
};

/* What one attach made. */
struct attachment {
        char **paths;          /* of the image and its extensions */
        char **missing;        /* those of them that are not there */
        const char *directory; /* attach directory */
        bool runtime;
        char *profile;       /* its name or path, "copy" for a copy; NULL: none */
        char *policy;        /* the image policy pinned; NULL: none */
        char *unread;        /* why the image could not be read; NULL: it was */
        char *definition;    /* that it is of; NULL: of none */
        char **given;        /* unit files in the place of those of the image */
        struct stack layers; /* of an image in layers, as mstack_look() tells of them */
        struct status_unit *units;
        size_t n_units;
};

struct image_status {
        enum portable_state state;
        char *version; /* name of the attached image, or of another version of it, then without attachments;
                          NULL: none, or all were asked for */
        struct attachment *items;
        size_t n;
        char *masked;      /* the link to /dev/null that masks the name asked for; NULL: it is not masked */
        char **unfinished; /* work directories of interrupted operations, of whatever image */
};

void image_status_clear(struct image_status *s);
#define _cleanup_image_status_ __attribute__((cleanup(image_status_clear)))

/* Reads what is in the image of an attachment, and in its extensions, in the place of an operation that may
 * not. *ret is to be cleared in either case. */
struct status_reader {
        int (*read)(const struct attachment *a, void *userdata, struct image_metadata *ret,
                    struct error *error);
        void *userdata;
};

/* request: of an image; NULL: of all that are attached. Which units are active and enabled is asked of the
 * service manager if the operation has a bus; else links tell of the latter. reader NULL: the operation
 * reads the images itself. What cannot be read, or may not, is not an error, but left unknown. */
int operation_status(struct operation *o, const struct operation_request *request,
                     const struct status_reader *reader, struct image_status *ret, struct error *error);

/* The name of a profile, by the path of a file of it in one of the profile directories; else that path. NULL
 * if out of memory. */
char *profile_name_from_path(const struct layout *layout, const char *path);

#endif
