/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DEFINITION_DEFINITION_H
#define DEFINITION_DEFINITION_H

/*
 * What shall be attached, said once in a file NAME.portable, and how it is read: portabled.portable(5) is
 * its manual. A value that is wrong makes that definition broken and no other; what is not known is told,
 * and passed over. Pure but for load.h, which finds the files.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "basic/error.h"
#include "definition/range.h"

/* Which units something is done to. */
enum unit_choice {
        UNITS_NONE,
        UNITS_ALL, /* those that have an [Install] section */
        UNITS_NAMED,
};

struct definition_units {
        enum unit_choice choice;
        char **names; /* UNITS_NAMED: strv */
};

struct definition {
        char *name; /* without ".portable" */
        char *path; /* of the file that counts */
        bool masked;
        struct error error; /* set: it is broken, and nothing of it counts */

        char *description;
        char *image; /* name or absolute path */
        struct version_range versions;
        char **extensions; /* in order */
        char **prefixes;   /* NULL: of the image */
        char *profile;     /* NULL: the default */
        char *copy_mode;   /* as on the bus; NULL: the usual one */
        bool runtime;
        char *policy; /* of images; NULL: none */
        struct definition_units enable, start;
        char **unit_files; /* absolute paths */

        /* [Update]. Times in µs, UINT64_MAX: no limit. */
        uint64_t health;         /* how long it must run before it counts as good */
        uint64_t health_timeout; /* for starting and the unit that checks, together */
        char *health_unit;       /* a oneshot that checks it; NULL: none */
        bool rollback;
        unsigned tries; /* that may be cut short, by a crash or a power loss */
};

/* What a definition has that says nothing of updates. */
#define DEFINITION_HEALTH         UINT64_C(10000000)
#define DEFINITION_HEALTH_TIMEOUT UINT64_C(300000000)
#define DEFINITION_TRIES          3U
#define DEFINITION_TRIES_MAX      1000U

/* With these; to be cleared. */
void definition_init(struct definition *d);

void definition_clear(struct definition *d);
#define _cleanup_definition_ __attribute__((cleanup(definition_clear)))

/*
 * Takes in the text of a file or drop-in, in the order in which they count. path is for messages: what is
 * not known is appended to *warnings (strv), "FILE:LINE: ...". The first value that is wrong is d->error,
 * with file and line. Returns 0 or -ENOMEM.
 */
int definition_parse(struct definition *d, const char *path, const char *text, size_t size,
                     char ***warnings);

/* After the last text: what has to be there, and to fit. d->error likewise. Returns 0 or -ENOMEM. */
int definition_check(struct definition *d);

/* All of one scope, sorted by name; the i-th is also the i-th of what is done for them. */
struct definition_list {
        struct definition *items;
        size_t n;
        char **warnings;
};

void definition_list_clear(struct definition_list *l);

/* Leaves the one of that name, if there is one. */
void definition_list_keep(struct definition_list *l, const char *name);

#define _cleanup_definitions_ __attribute__((cleanup(definition_list_clear)))

#endif
