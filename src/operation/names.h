/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_NAMES_H
#define OPERATION_NAMES_H

/* Names of units that would reach units of the host: what is written for the one, its drop-in above all,
 * counts for the others, too. Source: systemd.unit(5). */

#include <stddef.h>

struct error;
struct name_set;
struct operation;
struct prepared;
struct unit_selection;

/* Refuses (ERROR_INVALID_ARGS) "a-.service" and its like, whose drop-in directory is that of all units
 * "a-…". */
int unit_name_check_reach(const char *name, struct error *error);

/*
 * Refuses (ERROR_UNIT_EXISTS) an instance of a template that the host has, a template of which the host has
 * an instance, and a unit whose drop-in directory is in the attach directory already. own: names that do not
 * count, of units that are attached with it or that it replaces.
 */
int operation_check_kin(struct operation *o, const char *name, const struct name_set *own,
                        const char *attach_directory, struct error *error);

/* The names of what is attached together and of what that replaces (indices into index->units). Owned by the
 * caller. Returns 0 or -ENOMEM. */
int operation_get_own_names(const struct prepared *p, const struct unit_selection *replaced,
                            struct name_set **ret);

/* unit_name_check_reach() for all units that are to be attached. */
int operation_check_reach(const struct prepared *p, struct error *error);

#endif
