/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unitfile/dropin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/strv.h"

/* The length of what stands before the "@" of a template or instance, or else before the suffix. */
static size_t stem_length(const char *unit)
{
        const char *at = strchr(unit, '@'), *dot = strrchr(unit, '.');

        if (at && (!dot || at < dot))
                return (size_t)(at - unit);
        return dot ? (size_t)(dot - unit) : strlen(unit);
}

bool unit_name_is_prefix(const char *unit)
{
        size_t n = stem_length(unit);

        return n > 0 && unit[n - 1] == '-';
}

int unit_name_get_template(const char *unit, char **ret)
{
        const char *at = strchr(unit, '@'), *dot = strrchr(unit, '.');
        char *name = NULL;

        if (at && dot && dot > at + 1 && asprintf(&name, "%.*s%s", (int)(at - unit) + 1, unit, dot) < 0)
                return -ENOMEM;
        *ret = name;
        return 0;
}

static int add(char ***l, size_t n, const char *unit, const char *rest)
{
        char *name;

        if (asprintf(&name, "%.*s%s.d", (int)n, unit, rest) < 0)
                name = NULL;
        return strv_consume(l, name);
}

/* All that end in a dash, the longest first; rest is what follows the dash: the suffix, or "@" and the
 * suffix, with instance, unless NULL, in front. */
static int add_prefixes(char ***l, const char *unit, const char *instance, const char *rest)
{
        for (size_t n = stem_length(unit); n-- > 1;) {
                if (unit[n - 1] != '-')
                        continue;
                if ((instance && add(l, n, unit, instance) < 0) || add(l, n, unit, rest) < 0)
                        return -ENOMEM;
        }
        return 0;
}

int unit_dropin_directories(const char *unit, char ***ret)
{
        const char *dot = strrchr(unit, '.') ?: "", *at = unit + stem_length(unit);
        _cleanup_free_ char *template = NULL;
        _cleanup_strv_ char **l = NULL;
        int r;

        if (unit_name_get_template(unit, &template) < 0)
                return -ENOMEM;
        r = add(&l, strlen(unit), unit, "");
        if (r >= 0 && template)
                r = add(&l, strlen(template), template, "");
        if (r >= 0)
                r = add_prefixes(&l, unit, NULL, dot);
        if (r >= 0 && template)
                r = add_prefixes(&l, unit, at, strchr(template, '@'));
        else if (r >= 0 && *at == '@')
                r = add_prefixes(&l, unit, NULL, at);
        if (r >= 0 && *dot)
                r = add(&l, strlen(dot + 1), dot + 1, "");
        if (r < 0)
                return r;
        *ret = steal_pointer(l);
        return 0;
}
