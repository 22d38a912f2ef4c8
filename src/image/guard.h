/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_GUARD_H
#define IMAGE_GUARD_H

/*
 * A link in the search path may lead to a file system that does not answer: a network server that is gone, a
 * process that is stuck. A look at it never returns, and can't be called off. So where there are such file
 * systems another process looks first, and what does not answer it in time is left alone.
 */

#include <stdbool.h>
#include <stddef.h>

/* How long to wait for the first that does not answer, and for each further one. */
#define GUARD_PATIENCE_MS       2000
#define GUARD_PATIENCE_AFTER_MS 200

/* Looks at number i; what comes of it does not matter. Runs in another process, which has no other
 * descriptors than root_fd. */
typedef void (*guard_look)(int root_fd, size_t i, void *userdata);

/* Lets all of 0 to n-1 be looked at. ret_answers has n elements, false for what did not answer. Returns 0 or
 * a negative errno. */
int guard_run(int root_fd, size_t n, guard_look look, void *userdata, bool *ret_answers);

#endif
