/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

/*
 * What somebody asks for: one struct from the client's command line to the operation, whichever way it takes
 * there (a call over the bus and a worker, or the client's own process). methods.h says which of it a
 * method has as arguments.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is done. The first three change units, and have names that callers use: verb_to_string(). */
enum operation_verb {
        OPERATION_ATTACH,
        OPERATION_DETACH,
        OPERATION_REATTACH,
        OPERATION_CHANGE, /* one of those above, as the caller says */
        OPERATION_APPLY,  /* the same, for each image another one: only what differs */
        OPERATION_GET_IMAGE,
        OPERATION_LIST,
        OPERATION_METADATA,
        OPERATION_INSPECT, /* the same, and how it was read */
        OPERATION_RELEASE,
        OPERATION_STATE,
        OPERATION_REMOVE,
        OPERATION_MARK_READ_ONLY,
        OPERATION_SET_LIMIT,
        OPERATION_SET_POOL_LIMIT,
        OPERATION_NAMES,
        OPERATION_POOL,
        OPERATION_RECOVER, /* finishes what crashed operations have left */
        OPERATION_CANCEL,  /* the caller's calls; done by the daemon itself */
        OPERATION_VERB_MAX,
};

/* "attach", "detach", "reattach"; NULL for all others. */
const char *verb_to_string(enum operation_verb verb);
/* Returns the verb or -EINVAL. */
int verb_from_string(const char *s);

/* On whose behalf an operation looks at images. */
enum operation_viewer {
        OPERATION_TRUSTED, /* root, or who root lets in */
        OPERATION_UNKNOWN, /* not asked yet: ERROR_ACCESS_DENIED wherever that makes a difference */
        OPERATION_STRANGER,
        OPERATION_VIEWER_MAX,
};

/* One image of a request for several. */
struct request_image {
        const char *image;
        char *const *matches;
};

/* What one definition wants done: as the members of the request of that name, of just one image. */
struct request_item {
        const char *change;
        const char *definition; /* whose name the units are marked with; "": no mark */
        const char *image;
        char *const *extensions;
        char *const *matches;
        const char *profile;
        const char *copy_mode;
        char *const *units;
        const char *policy;
        uint64_t flags;
};

/* Strings belong to whoever made it. Zero is what was not asked for. */
struct operation_request {
        const char *image;       /* name or absolute path */
        char *const *extensions; /* NULL: none */
        char *const *matches;    /* unit name prefixes, empty: all */
        const char *profile;
        const char *copy_mode; /* "", "copy", "symlink", "mixed" */
        uint64_t flags;        /* PORTABLE_… of wire/names.h */
        bool runtime;          /* on the bus only: PORTABLE_RUNTIME, where there are no flags */
        bool read_only;
        uint64_t limit;               /* bytes, UINT64_MAX: none */
        const char *change;           /* OPERATION_CHANGE: the name of the verb */
        struct request_image *images; /* OPERATION_CHANGE: in place of image and matches */
        size_t n_images;
        char *const *units; /* paths of unit files in the place of the image's own; NULL, empty: its own */
        struct request_item *items; /* OPERATION_APPLY: in place of all that is in it, and of the flags that
                                       are not those of the whole */
        size_t n_items;

        /* Of one item. */
        const char *definition; /* NULL: it is not for a definition */
        const char *policy;     /* image policy of the definition; NULL, "": none */

        /* How it came, and from whom; set by the daemon. */
        bool of_object;               /* asked of an image object: there must be such an image */
        uint32_t caller_uid;          /* for the log */
        enum operation_viewer viewer; /* who asks */
        bool debug;                   /* somebody wants details in the log */

        /* How long the client waits, in µs; 0 and UINT64_MAX: as long as it takes. */
        uint64_t usec;
};

/* Frees the strings of a request that owns them: one that was unpacked, or read from a message. */
void operation_request_clear(struct operation_request *r);

/* How many images it is about, and the request of just one of them: of OPERATION_CHANGE, or of what has one
 * image anyway. Owns nothing. */
size_t operation_request_count(const struct operation_request *r);
struct operation_request operation_request_of_image(const struct operation_request *r, size_t i);

/* What is done with the one image of such a request: for an item what that says, else the verb given. */
enum operation_verb operation_request_verb(const struct operation_request *one, enum operation_verb verb);

struct method;
struct pack;
struct unpack;

/* For a process of ours that runs what a method stands for. operation_request_unpack() leaves u->failed if
 * something is bad; *ret is to be cleared in either case. */
void operation_request_pack(struct pack *p, const struct method *method, const struct operation_request *r);
void operation_request_unpack(struct unpack *u, const struct method **ret_method,
                              struct operation_request *ret);

#endif
