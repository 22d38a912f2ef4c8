/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_LINT_KNOWN_H
#define TEST_LINT_KNOWN_H

/*
 * What analysers cannot know: an error is a negative number. Without it they follow paths on which a call
 * failed with errno 0, so that it counts as a success that left its outputs alone. Included before each file
 * that is analysed, never in a build.
 */

#include <errno.h>

#include "basic/error.h"

static inline int known_negative(int r)
{
        if (r >= 0)
                __builtin_unreachable();
        return r;
}

/* clang's analyser loses the range of a number when its sign is turned, so it gets one number. */
#undef errno
#define errno (*(int[]){EIO})

#ifndef KNOWN_IS_ERROR_C
#define error_set(...)       known_negative(error_set(__VA_ARGS__))
#define error_set_errno(...) known_negative(error_set_errno(__VA_ARGS__))
#define error_set_oom(e)     known_negative(error_set_oom(e))
#endif

#endif
