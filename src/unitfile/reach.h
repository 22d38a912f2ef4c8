/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef UNITFILE_REACH_H
#define UNITFILE_REACH_H

/*
 * What a unit does in spite of a security profile: a profile is a drop-in, which takes back some settings
 * and not others. One table says which settings reach past it, under which condition, and what that means
 * for the host. Source: systemd.exec(5), systemd.service(5), systemd.socket(5), systemd.resource-control(5).
 * Pure.
 */

struct unit_merged;

/*
 * "runs '/bin/x' as root, outside of the sandbox" for all that source 0 of m, the unit file, sets and later
 * ones, the profile, leave; without the latter what no profile takes back. *ret (strv) is owned by the
 * caller, never NULL on success; values in it are safe to print. Returns 0 or -ENOMEM.
 */
int unit_reach(const struct unit_merged *m, char ***ret);

#endif
