/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_MISSING_H
#define OPERATION_MISSING_H

/* Images that are attached, or run, and of which the file is gone: no list of what there is shows them. */

#include "wire/result.h"

struct error;
struct operation;

/* In the place of the type of an image. */
#define IMAGE_TYPE_MISSING "missing"

/*
 * Adds a row to t for each image or extension that units are attached from, that is not in t by its name,
 * and whose path leads nowhere: with its name, path, state, and that as type. What cannot be looked at, or
 * lies on a file system that does not answer, is not said to be missing. t is sorted by name before and
 * after.
 */
int operation_list_missing(struct operation *o, struct image_table *t, struct error *error);

#endif
