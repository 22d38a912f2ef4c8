/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_SETTING_H
#define PLAN_SETTING_H

/*
 * Values as unit files take them: whatever an image or path is called, the setting holds exactly that and
 * nothing else. Source: systemd.unit(5) ("%" specifiers), systemd.syntax(7) (quoting, continuation lines),
 * systemd.exec(5). Pure.
 */

#include <stdbool.h>

/* False if the path can't be written to a unit file at all: control characters or invalid UTF-8. */
bool setting_path_is_safe(const char *path);

/*
 * For RootDirectory= and RootImage=, which take the rest of the line as it is, but expand "%" and drop
 * blanks at the end; -EINVAL for a path that ends in a blank or a backslash or is not safe. Owned by the
 * caller.
 */
int setting_format_path(const char *path, char **ret);

/* One word for Environment= and LogExtraFields=, quoted only where needed ("KEY=value"). NULL if out of
 * memory. */
char *setting_quote(const char *word);

/* A path as a word of ExtensionImages= or ExtensionDirectories=; with_options: ":" separates options there
 * and is escaped once more. NULL if out of memory. */
char *setting_quote_path(const char *path, bool with_options);

#endif
