/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unitfile/bounds.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "basic/strv.h"

/* A path, so far as it has no tricks in it, without its flags and what stands behind it. */
static int read_parameter(const char *word, char **ret)
{
        const char *path = word + strspn(word, "-+");

        *ret = NULL;
        if (strpbrk(word, "%\\") || strstr(word, ".."))
                return 0;
        *ret = *path == '/' ? strndup(path, strcspn(path, ":")) : strdup(word);
        return *ret ? 1 : -ENOMEM;
}

int unit_bounds_allow(const struct unit_bounds *b, const char *name, const char *word)
{
        _cleanup_free_ char *parameter = NULL;
        size_t n = strlen(name);
        int r = read_parameter(word, &parameter);

        if (r < 0)
                return r;
        for (char *const *a = b->allow; a && *a; a++) {
                if (strncmp(*a, name, n) != 0)
                        continue;
                if ((*a)[n] == '\0')
                        return 1;
                if (parameter && (*a)[n] == ':' && fnmatch(*a + n + 1, parameter, FNM_PATHNAME) == 0)
                        return 1;
        }
        return 0;
}

bool unit_bounds_have_name(const struct unit_bounds *b, const char *name)
{
        size_t n = strlen(b->prefix);

        return n > 0 && strncmp(name, b->prefix, n) == 0 && (!name[n] || strchr("-_.@/", name[n])) &&
               !strpbrk(name, "%:\\*?[") && !strstr(name, "..");
}

bool unit_bounds_have_path(const struct unit_bounds *b, const char *path)
{
        const char *name = path + 1;

        if (*path != '/')
                return false;
        name += string_starts_with(name, "var/") ? strlen("var/") : 0;
        return string_starts_with(name, "run/") && unit_bounds_have_name(b, name + strlen("run/"));
}

int unit_bounds_have_unit(const struct unit_bounds *b, const char *name)
{
        const char *at = strchr(name, '@'), *dot = strrchr(name, '.');
        _cleanup_free_ char *template = NULL;

        if (strv_contains(b->units, name))
                return 1;
        if (!at || !dot || dot < at || strchr(name, '/'))
                return 0;
        if (asprintf(&template, "%.*s%s", (int)(at + 1 - name), name, dot) < 0) {
                template = NULL;
                return -ENOMEM;
        }
        return strv_contains(b->units, template);
}
