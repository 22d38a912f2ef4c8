/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef UNITFILE_REACH_H
#define UNITFILE_REACH_H

/*
 * What a unit does in spite of a security profile: a profile is a drop-in, which takes back some settings
 * and not others. One table, settings.tsv, has every setting, under which condition it reaches past a
 * profile, what that means for the host, and what takes it back. A setting that it lacks reaches past, too.
 * Source: systemd.exec(5), systemd.service(5), systemd.socket(5), systemd.resource-control(5). Pure.
 */

#include <stdbool.h>

struct unit_bounds;
struct unit_merged;

/*
 * "runs '/bin/x' as root, outside of the sandbox" for all that source 0 of m, the unit file, sets and later
 * ones, the profile, leave; without the latter what no profile takes back. Only the gravest settings, which
 * are told of everywhere. *ret (strv) is owned by the caller, never NULL on success; values in it are safe
 * to print. Returns 0 or -ENOMEM.
 */
int unit_reach(const struct unit_merged *m, char ***ret);

/*
 * The same for all settings there are, those that are not known included: *ret_phrases (strv) has what the
 * unit does beyond its bounds. *ret_resets is the text of a drop-in behind the profile that takes back as
 * much of it as can be without loss to the profile; "" for nothing. Both are owned by the caller, never NULL
 * on success. Returns 0 or -ENOMEM.
 */
int unit_confine(const struct unit_merged *m, const struct unit_bounds *bounds, char ***ret_phrases,
                 char **ret_resets);

/* "NAME" or "NAME:PATTERN", of a name that the table has. */
bool unit_allow_is_valid(const char *word);

/* Whether the table has that setting. */
bool unit_setting_is_known(const char *section, const char *key);

#endif
