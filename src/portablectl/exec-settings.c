/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/exec-settings.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "unitfile/text.h"

/* Of these a transient unit takes the last only. */
static bool is_summed(const char *key)
{
        return strcmp(key, "CapabilityBoundingSet") == 0 || strcmp(key, "AmbientCapabilities") == 0;
}

/* A unit file has "%%" for "%"; a transient unit takes "%" as it is, and expands nothing. Of specifiers only
 * that of the run-time directory is known here, which profiles for users have. */
static int unescape_specifiers(const struct unit_assignment *a, const char *runtime_dir, char **ret,
                               struct error *error)
{
        size_t size = strlen(a->value) + 1, n = strlen(runtime_dir);
        char *value, *to;

        for (const char *s = a->value; *s; s++)
                size += *s == '%' ? n : 0;
        value = to = malloc(size);
        if (!value)
                return error_set_oom(error);
        for (const char *s = a->value; *s; s++) {
                if (*s == '%' && s[1] == 't') {
                        to = mempcpy(to, runtime_dir, n);
                        s++;
                        continue;
                }
                if (*s == '%' && s[1] != '%') {
                        free(value);
                        return error_set(
                                error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                "The setting %s=%s has a specifier in it, which a transient unit does "
                                "not expand",
                                a->key, a->value);
                }
                s += *s == '%';
                *to++ = *s;
        }
        *to = '\0';
        *ret = value;
        return 0;
}

/* The entry of the key in the list, NULL if there is none. */
static char **find(char **l, const char *key)
{
        size_t n = strlen(key);

        for (; l && *l; l++)
                if (strncmp(*l, key, n) == 0 && (*l)[n] == '=')
                        return l;
        return NULL;
}

/* "A B" and "C" is "A B C", and so for "~A B" and "~C"; an empty value empties the set before what follows.
 */
static int sum_up(char **entry, const char *key, const char *value, struct error *error)
{
        const char *before = *entry + strlen(key) + 1;
        bool inverted = *value == '~';
        char *joined;
        int r;

        if (*before && *value && (*before == '~') != inverted)
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "The settings %s=%s and %s=%s cannot be summed up for a transient unit",
                                 key, before, key, value);
        if (*before && *value)
                r = asprintf(&joined, "%s=%s %s", key, before, value + inverted);
        else
                r = asprintf(&joined, "%s=%s", key, value);
        if (r < 0)
                return error_set_oom(error);
        free(*entry);
        *entry = joined;
        return 0;
}

static int add_setting(char ***l, const struct unit_assignment *a, const char *runtime_dir,
                       struct error *error)
{
        char *entry, **before = is_summed(a->key) ? find(*l, a->key) : NULL;
        _cleanup_free_ char *value = NULL;
        int r;

        if (before)
                return sum_up(before, a->key, a->value, error);
        r = unescape_specifiers(a, runtime_dir, &value, error);
        if (r < 0)
                return r;
        if (asprintf(&entry, "%s=%s", a->key, value) < 0)
                return error_set_oom(error);
        return strv_consume(l, entry) < 0 ? error_set_oom(error) : 0;
}

static int add_text(char ***l, const char *text, const char *runtime_dir, struct error *error)
{
        _cleanup_unit_text_ struct unit_text u = {};
        int r = 0;

        if (unit_text_read(text, strlen(text), &u) < 0)
                return error_set_oom(error);
        for (size_t i = 0; i < u.n && r >= 0; i++)
                if (strcmp(u.items[i].section, "Service") == 0 &&
                    strcmp(u.items[i].key, "LogExtraFields") != 0)
                        r = add_setting(l, &u.items[i], runtime_dir, error);
        return r;
}

int exec_settings(const char *profile, const char *dropin, const char *runtime_dir, char ***ret,
                  struct error *error)
{
        _cleanup_strv_ char **l = NULL;
        int r;

        if (strv_copy(NULL, &l) < 0)
                return error_set_oom(error);
        r = add_text(&l, profile, runtime_dir, error);
        if (r >= 0)
                r = add_text(&l, dropin, runtime_dir, error);
        if (r < 0)
                return r;
        *ret = steal_pointer(l);
        return 0;
}
