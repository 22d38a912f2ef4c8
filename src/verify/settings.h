/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_SETTINGS_H
#define VERIFY_SETTINGS_H

/* Which settings a service manager knows, from what "systemd --dump-configuration-items" prints. Pure. */

#include <stdbool.h>

struct settings;

/* Of that text. NULL if out of memory. */
struct settings *settings_parse(const char *dump);
struct settings *settings_free(struct settings *s);

static inline void cleanup_settingsp(struct settings **s)
{
        *s = settings_free(*s);
}
#define _cleanup_settings_ __attribute__((cleanup(cleanup_settingsp)))

/* True for settings of the section, for all settings of sections that are not in the dump, and if s is NULL.
 */
bool settings_know(const struct settings *s, const char *section, const char *key);

#endif
