/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_SETTINGS_H
#define VERIFY_SETTINGS_H

/* Which settings a service manager knows in which section: of the one of this system, from what "systemd
 * --dump-configuration-items" prints; of any version, from known-settings.txt. Pure. */

#include <stdbool.h>

struct settings;

/* Of that text. NULL if out of memory. */
struct settings *settings_parse(const char *dump);

/* Of a version, from the table; 0: of all together. NULL if out of memory. */
struct settings *settings_of_version(unsigned version);
struct settings *settings_free(struct settings *s);

static inline void cleanup_settingsp(struct settings **s)
{
        *s = settings_free(*s);
}
#define _cleanup_settings_ __attribute__((cleanup(cleanup_settingsp)))

/* True for settings of the section, for all settings of sections that are not in the dump, and if s is NULL.
 */
bool settings_know(const struct settings *s, const char *section, const char *key);

/* The section, of those that a unit with this one of its own has ("Service"), that the setting belongs to in
 * some version. NULL: none. */
const char *settings_section_of(const char *key, const char *own);

/* The version that the setting came with, for versions after 252; else 0. */
unsigned settings_since(const char *section, const char *key);

#endif
