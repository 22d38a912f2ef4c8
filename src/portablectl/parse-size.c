/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/parse-size.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "basic/error.h"

/* Digits only. Moves *p behind them. */
static bool digits_parse(const char **p, uint64_t *ret)
{
        const char *start = *p;
        uint64_t v = 0;

        for (; isdigit((unsigned char)**p); (*p)++)
                if (__builtin_mul_overflow(v, UINT64_C(10), &v) ||
                    __builtin_add_overflow(v, (uint64_t)(**p - '0'), &v))
                        return false;
        *ret = v;
        return *p > start;
}

/* The digits after the point, as a part of unit; more than nine make no difference. */
static uint64_t fraction_parse(const char **p, uint64_t unit)
{
        uint64_t v = 0, place = 1;

        for (; isdigit((unsigned char)**p); (*p)++) {
                if (place >= UINT64_C(1000000000))
                        continue;
                v = 10 * v + (uint64_t)(**p - '0');
                place *= 10;
        }
        /* unit * v / place, exactly, without the integers of 128 bits that 32-bit machines lack: v and
         * unit % place are below 10^9. */
        return unit / place * v + unit % place * v / place;
}

static bool unit_parse(const char *p, uint64_t *ret)
{
        static const char suffixes[] = "BKMGTPE";
        const char *found;

        *ret = 1;
        if (!*p)
                return true;
        found = strchr(suffixes, toupper((unsigned char)*p));
        if (!found || p[1])
                return false;
        *ret = UINT64_C(1) << (10 * (found - suffixes));
        return true;
}

int size_parse(const char *text, uint64_t *ret, struct error *error)
{
        const char *p = text, *suffix = text + strspn(text, "0123456789.");
        uint64_t whole, unit, size;

        if (strcmp(text, "-") == 0) {
                *ret = UINT64_MAX;
                return 0;
        }
        if (!digits_parse(&p, &whole) || !unit_parse(suffix, &unit))
                goto bad;
        if (__builtin_mul_overflow(whole, unit, &size))
                goto bad;
        if (*p == '.') {
                p++;
                if (__builtin_add_overflow(size, fraction_parse(&p, unit), &size))
                        goto bad;
        }
        if (p != suffix || size == UINT64_MAX)
                goto bad;
        *ret = size;
        return 0;
bad:
        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "'%s' is not a size: give bytes, as in 500M or 1.5G, or - for no limit", text);
}
