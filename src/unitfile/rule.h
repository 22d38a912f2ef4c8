/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef UNITFILE_RULE_H
#define UNITFILE_RULE_H

/*
 * How several assignments of one setting add up, as data: which lists an empty value empties, and together
 * with which others; which values are not taken at all. Source: systemd.unit(5), systemd.exec(5),
 * systemd.service(5), systemd.socket(5), systemd.timer(5), systemd.path(5), systemd.resource-control(5);
 * tried on systemd 252, 257 and 262. Pure.
 */

#include <stdbool.h>

enum unit_rule_kind {
        RULE_LAST,  /* the last counts, an empty one is the default */
        RULE_VALUE, /* the last of those that have a value that is taken */
        RULE_LIST,  /* all that follow the last empty one */
        RULE_SUM,   /* all: an empty one changes nothing */
        RULE_FIRST, /* the first that is not empty */
};

struct unit_rule {
        const char *section, *key; /* key: with "*" at its end all that begin so; section NULL: any */
        enum unit_rule_kind kind;
        const char *group;  /* an empty value of one empties all of the group; NULL: itself alone */
        const char *values; /* RULE_VALUE: the words taken, "@" for booleans */
};

/* Never NULL: settings without a row are RULE_LAST. */
const struct unit_rule *unit_rule_find(const char *section, const char *key);

/* The section of its own that this kind of unit has ("Service"), "" for targets. */
const char *unit_own_section(const char *unit);

/* RULE_VALUE: whether the manager takes the value. */
bool unit_rule_takes(const struct unit_rule *rule, const char *value);

#endif
