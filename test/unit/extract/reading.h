/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_EXTRACT_READING_H
#define TEST_UNIT_EXTRACT_READING_H

/* What the tests of the reader share: reading a tree in this process and saying what must come out. */

#include "extract/extract.h"

#include "tree.h"

/* The image is called app_1, at /i/app_1. */
struct extract_options options_for(const struct tree *t);

/* Reads the tree; an error fails the test. */
struct metadata *read_tree(const struct tree *t, char *const *matches);

/* Reading must fail with this errno and message (without its "Image '/i/app_1': ", which must be there). */
void assert_options_fail(const struct extract_options *o, int errnum, const char *message);
void assert_fails(const struct tree *t, int errnum, const char *message);

const struct unit_file *find_unit(const struct metadata *m, const char *name);
void assert_unit(const struct metadata *m, const char *name, const char *path, const char *content);

#endif
