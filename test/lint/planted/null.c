/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Must be found: gcc -Wanalyzer-null-dereference, clang-tidy clang-analyzer-core.NullDereference */
#include <errno.h>
#include <stddef.h>

#include "basic/error.h"

static int find(int key, const int **ret, struct error *error)
{
        static const int one = 1;

        if (key == 0)
                return error_set(error, ERROR_FAILED, EINVAL, "There is none");
        if (key == 1)
                *ret = &one;
        return 0;
}

/* It looks whether the call failed, but not whether it found anything. */
int not_found(int key)
{
        const int *found = NULL;
        int r = find(key, &found, NULL);

        return r < 0 ? r : *found;
}
