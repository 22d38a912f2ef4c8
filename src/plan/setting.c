/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/setting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"

bool setting_path_is_safe(const char *path)
{
        return text_is_printable(path);
}

/* Doubles each "%", so that it stands for itself. */
static char *escape_specifiers(const char *s)
{
        char *escaped = malloc(2 * strlen(s) + 1), *p = escaped;

        if (!escaped)
                return NULL;
        for (; *s; s++) {
                if (*s == '%')
                        *p++ = '%';
                *p++ = *s;
        }
        *p = '\0';
        return escaped;
}

int setting_format_path(const char *path, char **ret)
{
        size_t n = strlen(path);
        char *escaped;

        if (!setting_path_is_safe(path) || n == 0 || path[n - 1] == ' ' || path[n - 1] == '\\')
                return -EINVAL;
        escaped = escape_specifiers(path);
        if (!escaped)
                return -ENOMEM;
        *ret = escaped;
        return 0;
}

char *setting_quote(const char *word)
{
        _cleanup_free_ char *escaped = escape_specifiers(word), *quoted = NULL;
        char *p;

        if (!escaped || !strpbrk(escaped, " \t\"'\\"))
                return steal_pointer(escaped);
        p = quoted = malloc(2 * strlen(escaped) + 3);
        if (!quoted)
                return NULL;
        *p++ = '"';
        for (const char *s = escaped; *s; s++) {
                if (*s == '"' || *s == '\\')
                        *p++ = '\\';
                *p++ = *s;
        }
        strcpy(p, "\"");
        return steal_pointer(quoted);
}

char *setting_quote_path(const char *path, bool with_options)
{
        _cleanup_free_ char *escaped = NULL;
        char *p;

        if (!with_options)
                return setting_quote(path);

        p = escaped = malloc(2 * strlen(path) + 1);
        if (!escaped)
                return NULL;
        for (; *path; path++) {
                if (*path == ':' || *path == '\\' || *path == '"' || *path == '\'' || *path == ' ')
                        *p++ = '\\';
                *p++ = *path;
        }
        *p = '\0';
        return setting_quote(escaped);
}
