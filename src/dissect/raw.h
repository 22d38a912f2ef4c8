/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DISSECT_RAW_H
#define DISSECT_RAW_H

/*
 * The way of a raw image, step by step: probe, select, find verity data, compare with the policy, activate,
 * mount. Called by dissect.c.
 */

#include "dissect/protection.h"

struct dissect_options;
struct error;

struct raw {
        int tree_fd;
        char *warning; /* see dissected_warning() */
        struct protection protection;
};

/* Fills *ret, tree_fd last: the caller owns it and the warning, whatever is returned. image: the path, safe
 * to print. */
int raw_open(const struct dissect_options *options, const char *image, struct raw *ret, struct error *error);

#endif
