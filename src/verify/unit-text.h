/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_UNIT_TEXT_H
#define VERIFY_UNIT_TEXT_H

/* A unit file as a list of assignments, and what is wrong with it that can be told from its text. Source:
 * systemd.syntax(7), systemd.unit(5) and the pages of the kinds of units. Pure. Called by units.c. */

#include <stdbool.h>
#include <stddef.h>

struct findings;
struct settings;

struct unit_assignment {
        char *section, *key, *value;
        unsigned line;
};

struct unit_text {
        const char *name; /* of the unit, the caller's */
        struct unit_assignment *items;
        size_t n;
};

/* Parses it; what is no section, assignment or comment goes to findings. Returns 0 or -ENOMEM. */
int unit_text_parse(const char *name, const char *text, size_t size, struct unit_text *ret,
                    struct findings *f);
void unit_text_clear(struct unit_text *u);
#define _cleanup_unit_text_ __attribute__((cleanup(unit_text_clear)))

/* The section of its own that this kind of unit has ("Service"), "" for targets. */
const char *unit_text_own_section(const char *name);

/* The value of the last assignment, NULL if there is none or it is empty. */
const char *unit_text_get(const struct unit_text *u, const char *section, const char *key);

/* Sections and settings that the manager does not know, and what each kind of unit can't do without. known
 * may be NULL. Returns 0 or -ENOMEM. */
int unit_text_check(const struct unit_text *u, const struct settings *known, struct findings *f);

#endif
