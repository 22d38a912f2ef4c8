/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_ARRAY_H
#define BASIC_ARRAY_H

/* Arrays of unknown length, as from answers on the bus. */

#include <errno.h>
#include <stdlib.h>

/* Makes room for item n of an array that grows by doubling, starting with NULL. Returns 0 or -ENOMEM, then
 * the array is unchanged. */
static inline int array_grow(void **array, size_t n, size_t size)
{
        void *grown;

        if (n & (n - 1))
                return 0;
        grown = reallocarray(*array, n ? 2 * n : 1, size);
        if (!grown)
                return -ENOMEM;
        *array = grown;
        return 0;
}

#endif
