/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_LIBRARY_H
#define BASIC_LIBRARY_H

/*
 * Shared libraries that are loaded when they are needed: linked ones cost every process, those that never
 * use them too, a tenth of a millisecond and a dozen pages each.
 */

#include <stdbool.h>
#include <stddef.h>

/* A function of the library and where its address goes in the caller's structure. */
struct library_function {
        const char *name;
        size_t offset;
};

/* Loads the library of that file name, for good, and fills in *ret. False: it is not there, or lacks one of
 * them, and dlerror(3) says which; *ret may be filled in part. */
bool library_load(const char *library, const struct library_function *functions, size_t n, void *ret);

#endif
