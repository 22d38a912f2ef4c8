/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EXTRACT_EXTRACT_H
#define EXTRACT_EXTRACT_H

/*
 * From the root of an image's tree to its metadata: release file, unit files, and what will be missing when
 * it runs. The reading is done by a child process that has nothing but the tree's descriptor and a socket
 * (extract/sandbox.h); what comes back is checked as if an enemy had written it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

/* Limits, documented in portablectl(1). */
#define EXTRACT_UNITS_MAX        1024U /* that match, and so are read */
#define EXTRACT_UNIT_SIZE_MAX    (1024U * 1024U)
#define EXTRACT_TOTAL_SIZE_MAX   (16U * 1024U * 1024U)
#define EXTRACT_RELEASE_SIZE_MAX (64U * 1024U)
#define EXTRACT_ENTRIES_MAX      65536U
#define EXTRACT_SECONDS_MAX      10U
#define EXTRACT_NAMES_MAX        1024U /* of units that do not match; those beyond are not told of */
#define EXTRACT_UNUSABLE_MAX     16U   /* those beyond are not told of */
#define EXTRACT_ALIASES_MAX      256U  /* those beyond are not found by their name */

enum extract_kind {
        EXTRACT_PORTABLE,  /* base image: /etc/os-release or /usr/lib/os-release */
        EXTRACT_EXTENSION, /* sysext or confext: extension-release.d/extension-release.NAME in /usr/lib or
                              /etc */
};

/* Why an entry with a unit's name is not a unit. */
enum unit_fault {
        UNIT_FAULT_LOST = 'l',
        UNIT_FAULT_MASK = 'm',
        UNIT_FAULT_EMPTY = 'e',
        UNIT_FAULT_LOOP = 'o',
        UNIT_FAULT_DIRECTORY = 'd',
        UNIT_FAULT_FIFO = 'f',
        UNIT_FAULT_SOCKET = 's',
        UNIT_FAULT_DEVICE = 'n',
        UNIT_FAULT_ALIAS =
                'a', /* a symlink to another unit of the image: a name of that, no unit of its own */
};

struct extract_options {
        int tree_fd; /* root of the image's tree, from dissected_tree_fd() */
        enum extract_kind kind;
        const char *name;                    /* image name (image->name): names the extension-release file */
        const char *path;                    /* for messages */
        char *const *matches;                /* prefixes; empty: every unit */
        const char *const *unit_directories; /* in the image, most important first; LAYOUT_IMAGE_UNITS_MAX */
        bool relax_name;                     /* any single extension-release file will do */
        int network_fd; /* an empty network namespace for the reader (network.h); 0: it makes its own */
        /* Called in this process while the other one is on its way; NULL: nothing to do meanwhile. */
        void (*meanwhile)(void *userdata);
        void *userdata;
        bool optional_id; /* EXTRACT_PORTABLE: a release file without ID= will do (to look, not to attach) */
};

/* How the release file of an extension is called, as not every service manager takes each. */
enum release_name {
        RELEASE_NAME_WHOLE,       /* as the image, or it says that its name does not count
                                     (user.extension-release.strict) */
        RELEASE_NAME_VERSIONLESS, /* as the image without its version, "NAME" for NAME_1 */
        RELEASE_NAME_OTHER,       /* taken because of relax_name only */
        RELEASE_NAME_MAX,
};

struct unit_file {
        char *name;    /* "foo.service" */
        char *path;    /* in the image, resolved, "/usr/lib/systemd/system/foo.service" */
        char *content; /* NUL-terminated, may hold NULs */
        size_t size;
};

/* KEY=value pairs of a release file in file order. */
struct release_field {
        char *key, *value;
};

struct metadata {
        uint32_t layers; /* of the reader's cage that held while it read: SANDBOX_BIT() of sandbox.h */
        char *release;   /* raw content of the release file */
        size_t release_size;
        char *release_path; /* in the image */
        struct release_field *fields;
        size_t n_fields;
        bool confext; /* EXTRACT_EXTENSION: it is a configuration extension (or both kinds) */
        bool sysext;
        enum release_name release_name; /* EXTRACT_EXTENSION: of the file at release_path */
        struct unit_file *units;        /* those that match, sorted by name */
        size_t n_units;
        char **unit_names; /* names of all portable units in the image, sorted (for messages) */
        char **unusable;   /* "UNIT\tX" for entries in unit directories that have a unit's name, but are
                              none: X is a letter of unit_fault_to_string(). "UNIT\ta\tTARGET" for an
                              alias of the unit TARGET */
};

/* Errors (one line, naming options->path and the path in the image): no release file, not a regular file,
 * too large, no ID=, limits, timeouts. No matching unit is not an error here: n_units is 0 and unit_names
 * tells what there is. On success the process that has read is on its way out: *ret_reader is for
 * extract_end().
 */
int extract_metadata(const struct extract_options *options, pid_t *ret_reader, struct metadata **ret,
                     struct error *error);

/* Ends the reader, if it has not ended yet, and waits until it is gone: before that the tree is in use. 0:
 * none. */
void extract_end(pid_t reader);

/* NULL and 0 are fine. */
void unit_files_free(struct unit_file *units, size_t n);

struct metadata *metadata_free(struct metadata *m);
void cleanup_metadatap(struct metadata **m);
#define _cleanup_metadata_ __attribute__((cleanup(cleanup_metadatap)))

/* The unit that the image has the name as an alias of; NULL: it is not an alias. */
const char *metadata_get_alias(const struct metadata *m, const char *name);

/* "is a FIFO"...; NULL for a letter that is none of enum unit_fault. */
const char *unit_fault_to_string(char fault);

/* The value of a field, NULL if there is none. The last assignment counts. */
const char *metadata_field(const struct metadata *m, const char *key);

#endif
