/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_REMOVE_UNITS_H
#define OPERATION_REMOVE_UNITS_H

/* What detach and reattach share: from attached units to the changes that remove them. */

#include <stdbool.h>
#include <stddef.h>

#include "attached/index.h"
#include "plan/change.h"

struct error;
struct operation;
struct prepared;

/*
 * Plans the removal of these units. With successor, a reattach: units that it brings
 * again in the same directory stay (they are replaced), links that its layers use stay, and no attach
 * directory is taken away.
 */
int remove_units_plan(struct operation *o, const struct unit_selection *gone,
                      const struct prepared *successor, bool brief, struct change_list *ret,
                      struct error *error);

#endif
