/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/parse-time.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"

static const struct {
        const char *name;
        uint64_t usec;
} units[] = {
        {"", 1000000},
        {"s", 1000000},
        {"sec", 1000000},
        {"second", 1000000},
        {"seconds", 1000000},
        {"us", 1},
        {"usec", 1},
        {"ms", 1000},
        {"msec", 1000},
        {"m", 60000000},
        {"min", 60000000},
        {"minute", 60000000},
        {"minutes", 60000000},
        {"h", 3600000000},
        {"hr", 3600000000},
        {"hour", 3600000000},
        {"hours", 3600000000},
        {"d", 86400000000},
        {"day", 86400000000},
        {"days", 86400000000},
        {"w", 604800000000},
        {"week", 604800000000},
        {"weeks", 604800000000},
};

static int parse_unit(const char **p, uint64_t *ret)
{
        size_t n = 0;

        while (isalpha((unsigned char)(*p)[n]))
                n++;
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (strlen(units[i].name) == n && strncmp(units[i].name, *p, n) == 0) {
                        *p += n;
                        *ret = units[i].usec;
                        return 0;
                }
        return -EINVAL;
}

static const char *skip_blanks(const char *p)
{
        return p + strspn(p, " \t");
}

/* One number and its unit. */
static int parse_part(const char **p, uint64_t *sum)
{
        uint64_t usec, part;
        char *end;

        if (!isdigit((unsigned char)**p))
                return -EINVAL;
        errno = 0;
        part = strtoull(*p, &end, 10);
        if (errno != 0)
                return -errno;
        *p = skip_blanks(end);
        if (parse_unit(p, &usec) < 0)
                return -EINVAL;
        if (__builtin_mul_overflow(part, usec, &part) || __builtin_add_overflow(*sum, part, sum))
                return -ERANGE;
        *p = skip_blanks(*p);
        return 0;
}

int time_parse(const char *text, uint64_t *ret, struct error *error)
{
        const char *p = skip_blanks(text);
        uint64_t sum = 0;

        if (strcmp(p, "infinity") == 0) {
                *ret = UINT64_MAX;
                return 0;
        }
        do
                if (parse_part(&p, &sum) < 0)
                        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                         "'%s' is not a time: give seconds, or as in 90s, 5min or infinity",
                                         text);
        while (*p);
        /* A deadline is now and that. */
        *ret = sum < UINT64_MAX / 4 ? sum : UINT64_MAX;
        return 0;
}
