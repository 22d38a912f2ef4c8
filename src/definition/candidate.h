/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DEFINITION_CANDIDATE_H
#define DEFINITION_CANDIDATE_H

/*
 * Which images there are for a name in a definition, and which of them is taken: NAME itself, the files in
 * NAME.v/, and NAME_VERSION with a version that begins with a digit, as "web_admin" is another image than
 * "web". The choice is pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "definition/range.h"

struct error;
struct image_list;

struct image_candidate {
        char *image;   /* by which it is asked for: a name, or the path of a file in a versioned directory */
        char *name;    /* that markers have, with the version */
        char *version; /* "" : none */
};

/* The best first. */
struct image_candidates {
        struct image_candidate *items;
        size_t n;
};

void image_candidates_clear(struct image_candidates *c);
#define _cleanup_candidates_ __attribute__((cleanup(image_candidates_clear)))

/* Those of one name that fit the range, below root_fd, of the images there are. A path is its only one. *ret
 * is empty where there is none. */
int image_candidates_find(int root_fd, const struct image_list *images, const char *name,
                          const struct version_range *range, struct image_candidates *ret,
                          struct error *error);

/* The one that is taken: what is attached by now (a name that markers have; NULL: nothing) as long as it
 * fits, else the best. NULL: there is none. */
const struct image_candidate *image_candidates_choose(const struct image_candidates *c,
                                                      const char *attached);

#endif
