/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_LAYERS_H
#define OPERATION_LAYERS_H

/* The base image and its extensions, found, opened and read; the first half of every attach, reattach and
 * inspect. */

#include <stdbool.h>
#include <stddef.h>

#include "extract/extract.h"
#include "image/image.h"

struct dissected;
struct error;
struct operation;
struct operation_request;

struct layer {
        struct image *image;
        int fd; /* O_PATH, of the image */
        struct dissected *dissected;
        struct metadata *metadata;
        bool given;   /* its units are not its own: given-units.h */
        pid_t reader; /* private: what has read it, for extract_end() */
};

struct layers {
        struct layer *items; /* base first */
        size_t n;
};

void layers_clear(struct layers *l);
#define _cleanup_layers_ __attribute__((cleanup(layers_clear)))

/* Finds, opens and reads one, the base or an extension. *ret may be cleared with the layers it belongs to,
 * or is as it was after an error. */
int layer_open(struct operation *o, const struct operation_request *request, const char *image,
               bool extension, struct layer *ret, struct error *error);

/* Finds, opens and reads all of them; only the units that match request->matches. Errors name the image. */
int layers_open(struct operation *o, const struct operation_request *request, struct layers *ret,
                struct error *error);

/* ID= there, PORTABLE_SCOPE= fits, extensions fit the base, and for users, user namespaces are allowed. */
int layers_check(const struct operation *o, const struct layers *l, struct error *error);

/*
 * What prefixes really count: those asked for, which must all be in PORTABLE_PREFIXES= of the layers if that
 * is there; or that list itself if none is asked for. *ret is a strv, empty for "all units".
 */
int layers_get_prefixes(const struct layers *l, char *const *asked, char ***ret, struct error *error);

/* Of the cage that the images were read in (extract/sandbox.h) the layers that held for all of them. */
uint32_t layers_confinement(const struct layers *l);

/* True for a tree of files, false for a disk image. */
bool layer_is_tree(const struct layer *l);

/* "ID_VERSION" as the log fields get it: IMAGE_ID or ID, and IMAGE_VERSION, VERSION_ID or BUILD_ID; of an
 * extension, where those are about the base, their twins with SYSEXT_ or CONFEXT_ in front. NULL if there is
 * no id or it holds control characters. Owned by the caller. -ENOMEM on failure. */
int layer_get_name_and_version(const struct layer *l, char **ret);

/* A unit that is to be attached and the layer it comes from. */
struct layer_unit {
        const struct unit_file *file;
        size_t layer;
};

/* All units of all layers that match, sorted by name; of several with one name that of the base,
 * else of the first extension. */
int layers_collect_units(const struct layers *l, char *const *prefixes, struct layer_unit **ret,
                         size_t *ret_n);

/* Adds to prefixes (strv) the unit behind each of the matches that is the name of an alias in a layer, and
 * to *notes (strv; NULL: nobody reads them) a line about it. How many were added; -ENOMEM. */
int layers_add_aliased(const struct layers *l, char *const *matches, char ***prefixes, char ***notes);

/* The error for nothing that matches: says which units there are. */
int layers_error_no_match(const struct layers *l, char *const *prefixes, struct error *error);

#endif
