/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/strv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"

char **strv_free(char **l)
{
        for (char **i = l; i && *i; i++)
                free(*i);
        free(l);
        return NULL;
}

size_t strv_length(char *const *l)
{
        size_t n = 0;

        while (l && l[n])
                n++;
        return n;
}

bool strv_contains(char *const *l, const char *s)
{
        for (; l && *l; l++)
                if (strcmp(*l, s) == 0)
                        return true;
        return false;
}

int strv_consume(char ***l, char *s)
{
        size_t n = strv_length(*l);
        char **grown;

        if (!s)
                return -ENOMEM;
        grown = realloc(*l, (n + 2) * sizeof(char *));
        if (!grown) {
                free(s);
                return -ENOMEM;
        }
        grown[n] = s;
        grown[n + 1] = NULL;
        *l = grown;
        return 0;
}

bool strv_equal(char *const *a, char *const *b)
{
        for (; a && *a && b && *b; a++, b++)
                if (strcmp(*a, *b) != 0)
                        return false;
        return (!a || !*a) && (!b || !*b);
}

int strv_append(char ***l, const char *s)
{
        return strv_consume(l, strdup(s));
}

int strv_appendf(char ***l, const char *format, ...)
{
        va_list ap;
        char *s;
        int r;

        va_start(ap, format);
        r = vasprintf(&s, format, ap);
        va_end(ap);
        return r < 0 ? -ENOMEM : strv_consume(l, s);
}

int strv_copy(char *const *l, char ***ret)
{
        _cleanup_strv_ char **copy = calloc(strv_length(l) + 1, sizeof(char *));

        if (!copy)
                return -ENOMEM;
        for (size_t i = 0; l && l[i]; i++)
                if (!(copy[i] = strdup(l[i])))
                        return -ENOMEM;
        *ret = steal_pointer(copy);
        return 0;
}

int strv_split(const char *s, const char *separators, char ***ret)
{
        _cleanup_strv_ char **l = calloc(1, sizeof(char *));

        if (!l)
                return -ENOMEM;
        while (*(s += strspn(s, separators))) {
                size_t n = strcspn(s, separators);
                int r = strv_consume(&l, strndup(s, n));

                if (r < 0)
                        return r;
                s += n;
        }
        *ret = steal_pointer(l);
        return 0;
}

char *strv_join(char *const *l, const char *separator)
{
        size_t size = 1, m = strlen(separator);
        char *joined, *p;

        for (size_t i = 0; l && l[i]; i++)
                size += strlen(l[i]) + (i ? m : 0);
        p = joined = malloc(size);
        if (!joined)
                return NULL;
        for (size_t i = 0; l && l[i]; i++) {
                if (i)
                        p = stpcpy(p, separator);
                p = stpcpy(p, l[i]);
        }
        *p = '\0';
        return joined;
}

static int strv_compare(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(char **l)
{
        if (l)
                qsort(l, strv_length(l), sizeof(char *), strv_compare);
}
