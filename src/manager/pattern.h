/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MANAGER_PATTERN_H
#define MANAGER_PATTERN_H

/* Unit names as the patterns that the manager's *ByPatterns methods take: glob(7) expressions. For this
 * folder, and for those who start and stop units. */

#include <stdbool.h>

/* "a@.service". */
bool unit_name_is_template(const char *name);

/* The pattern that matches just this name (a backslash in it is no escape). NULL if out of memory. */
char *pattern_for_name(const char *name);

/* "a@*.service" for "a@.service". NULL if out of memory. */
char *pattern_for_instances(const char *template_name);

#endif
