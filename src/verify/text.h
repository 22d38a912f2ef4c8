/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_TEXT_H
#define VERIFY_TEXT_H

/* What is wrong with a unit that can be told from its text. Source: systemd.syntax(7), systemd.unit(5) and
 * the pages of the kinds of units. Pure. */

struct findings;
struct settings;
struct unit_file;
struct unit_merged;

/* Lines that mean nothing, sections and settings that the manager does not know, and what each kind of unit
 * can't do without. unit: of the file alone. known may be NULL. Returns 0 or -ENOMEM. */
int text_check(const struct unit_file *file, const struct unit_merged *unit, const struct settings *known,
               struct findings *f);

#endif
