/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_LINKS_H
#define OPERATION_LINKS_H

/*
 * The entries in /etc/portables or /run/portables by which an attached image is found by name afterwards: a
 * symlink, or with copy mode "mixed" a copy. attach makes them, the last detach removes them, and only what
 * attach made.
 */

#include <stdbool.h>
#include <stddef.h>

#include "attached/index.h"
#include "plan/attach.h"
#include "plan/detach.h"

struct error;
struct layers;
struct operation;

/* For each layer outside of the link directory whose entry there is missing: the link to make. *ret_keep:
 * the base image's link is there already and was not made by an attach. Strings in *ret are owned by it:
 * links_free(). */
int links_plan(struct operation *o, const struct attached_index *index, const struct layers *layers,
               bool runtime, struct plan_link **ret, size_t *ret_n, bool *ret_keep, struct error *error);
void links_free(struct plan_link *links, size_t n);

/* The links and copies that go when the units in gone[] (indices) are detached: those no other unit's marker
 * needs. Strings owned by *ret: link_removals_free(). */
int links_find_removals(struct operation *o, const struct attached_index *index, const size_t *gone,
                        size_t n_gone, struct plan_link_removal **ret, size_t *ret_n, struct error *error);
void link_removals_free(struct plan_link_removal *removals, size_t n);

#endif
