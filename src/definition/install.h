/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DEFINITION_INSTALL_H
#define DEFINITION_INSTALL_H

/* What the units that are attached for a definition say of when they are to be started: which of them
 * Enable= and Start= mean. Which it is, is pure. */

#include <stdbool.h>
#include <stddef.h>

struct attached_index;
struct definition_units;
struct error;

struct install_unit {
        char *name, *path;
        bool installable; /* [Install] says where to: WantedBy=, RequiredBy=, UpheldBy=, Alias= */
        bool install;     /* or it has such a section at all */
        bool oneshot;
        bool template;
        char **also;     /* units that are enabled with it */
        char **triggers; /* units that it starts, if it is a timer, socket or path */
};

struct install_set {
        struct install_unit *items;
        size_t n;
};

void install_set_clear(struct install_set *s);
#define _cleanup_install_set_ __attribute__((cleanup(install_set_clear)))

/* Adds a unit by its text. Returns 0 or -ENOMEM. */
int install_set_add(struct install_set *s, const char *path, const char *text, size_t size);

/* The units of the index that are marked with the definition. */
int install_set_read(int root_fd, const struct attached_index *index, const char *definition,
                     struct install_set *ret, struct error *error);

/* NULL: it is not one of them. */
const struct install_unit *install_set_find(const struct install_set *s, const char *name);

bool install_set_is_enabled(const struct install_set *s, const struct definition_units *enable,
                            const char *name);

/* fresh: its files were changed just now. A oneshot is started then, if it is named: what has run once is
 * not missing. */
bool install_set_is_started(const struct install_set *s, const struct definition_units *start,
                            const struct install_unit *unit, bool fresh);

#endif
