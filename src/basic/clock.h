/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_CLOCK_H
#define BASIC_CLOCK_H

/* The clock that waits and their ends are measured by. */

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC in µs. */
static inline uint64_t clock_usec(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}

#endif
