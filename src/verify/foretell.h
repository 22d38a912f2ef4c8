/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_FORETELL_H
#define VERIFY_FORETELL_H

/* Whether the services of an image will start under its profile on this host, and if not, why: what an
 * attach tells and all of it that verify does, too. */

#include <stdbool.h>

struct error;
struct findings;
struct operation;
struct prepared;

/* read: programs may be read, not only looked for. Returns 0 or a negative errno with *error set, which is
 * out of memory. */
int foretell_units(struct operation *o, const struct prepared *p, bool read, struct findings *f,
                   struct error *error);

/* The same as warnings for who attaches: appended to *warnings, what keeps services from starting as one
 * text of several lines. For struct operation; programs are not read. */
int foretell_warn(struct operation *o, const struct prepared *p, char ***warnings, struct error *error);

#endif
