/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/pattern.h"

#include <stdlib.h>
#include <string.h>

bool unit_name_is_template(const char *name)
{
        const char *at = strchr(name, '@');

        return at && at[1] == '.' && !strchr(at + 2, '.');
}

static char *pattern_make(const char *name, bool instances)
{
        char *pattern = malloc(2 * strlen(name) + 2), *to = pattern;

        if (!pattern)
                return NULL;
        for (const char *p = name; *p; p++) {
                if (strchr("\\*?[]", *p))
                        *to++ = '\\';
                *to++ = *p;
                if (instances && *p == '@')
                        *to++ = '*';
        }
        *to = 0;
        return pattern;
}

char *pattern_for_name(const char *name)
{
        return pattern_make(name, false);
}

char *pattern_for_instances(const char *template_name)
{
        return pattern_make(template_name, true);
}
