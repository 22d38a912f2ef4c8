/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef UNITFILE_DROPIN_H
#define UNITFILE_DROPIN_H

/*
 * Which drop-in directories a unit has by its name, and the other way round. Source: systemd.unit(5); the
 * names for templates as seen on systemd 252, 257 and 262. Pure.
 */

#include <stdbool.h>

/*
 * The directories that service managers look for in each directory of units, the most specific first: those
 * of the unit, of its template, of each prefix up to a dash ("a-b.service" has "a-.service.d"), and of its
 * type
 * ("service.d"). In the first directory of units that has it, and there in the first of these, a name of a
 * drop-in counts; what counts is read in the order of the file names, whatever the directory. *ret (strv) is
 * owned by the caller. Returns 0 or -ENOMEM.
 */
int unit_dropin_directories(const char *unit, char ***ret);

/* True for "a-.service", "a-@.service", "a-@b.service": the drop-in directory of such a unit is that of all
 * units whose names begin so, too. */
bool unit_name_is_prefix(const char *unit);

/* The template of an instance, "a@.service" for "a@b.service". *ret is NULL for others, and owned by the
 * caller. Returns 0 or -ENOMEM. */
int unit_name_get_template(const char *unit, char **ret);

#endif
