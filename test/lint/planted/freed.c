/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Must be found: gcc -Wanalyzer-double-free, gcc -Wanalyzer-use-after-free */
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"

/* The owner frees it once more when it goes out of scope. */
int freed_twice(const char *s)
{
        _cleanup_free_ char *copy = strdup(s);

        if (!copy)
                return -ENOMEM;
        free(copy);
        return 0;
}

char freed_before(const char *s)
{
        char *copy = strdup(s);

        if (!copy)
                return 0;
        free(copy);
        return copy[0];
}
