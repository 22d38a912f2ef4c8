/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_WARN_H
#define OPERATION_WARN_H

/* What can be told of the image itself: its services will not start, or not after the next boot. Of units
 * and settings verify/foretell.h knows more. */

#include <stdbool.h>

struct error;
struct prepared;

/* Appends one line each to *warnings (strv). */
int warn_layers(const struct prepared *p, bool runtime, char ***warnings, struct error *error);

/* The same about what a manager of this version (0: not known) will not get along with: see
 * dissected_warn(). */
int warn_for_manager(const struct prepared *p, unsigned manager_version, char ***refused, char ***weak,
                     struct error *error);

/* Units of one name in several layers: which is taken. Part of warn_layers(). */
int warn_layered_units(const struct prepared *p, char ***warnings, struct error *error);

/* What units do in spite of the profile, one line a unit. Part of warn_layers(). */
int warn_reach(const struct prepared *p, char ***warnings, struct error *error);

/* Where the link to an image should be there is something else, so that its name does not lead to it. After
 * prepare_plan(). */
int warn_links(int root_fd, const struct prepared *p, char ***warnings, struct error *error);

#endif
