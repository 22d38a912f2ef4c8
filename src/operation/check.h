/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_CHECK_H
#define OPERATION_CHECK_H

/* What attach, detach and reattach ask about the host before they plan, all under the transaction lock. */

#include <stdbool.h>
#include <stddef.h>

#include "attached/index.h"
#include "plan/detach.h"

struct error;
struct layers;
struct name_set;
struct operation;
struct operation_request;

/* Takes the lock, finishes what crashed operations left, and reads the index, or what has changed since
 * o->seen was read. *ret_lock: close to unlock. Returns 1 if anything was left, 0 if not. */
int operation_lock(struct operation *o, int *ret_lock, struct attached_index *ret_index,
                   struct error *error);

/* Waits for the locks of the images of n requests, all at once: image/lock.h. *ret: close to unlock. */
int operation_lock_images(struct operation *o, const struct operation_request *requests, size_t n, int *ret,
                          struct error *error);

/* Refuses (ERROR_UNIT_EXISTS) if a unit of that name is in the manager's unit path. The message says where,
 * and of which attached image it is. index may be NULL. */
int operation_check_unit_absent(struct operation *o, const char *name, const struct attached_index *index,
                                struct error *error);
int operation_check_units_absent(struct operation *o, const char *const *names, size_t n,
                                 const struct attached_index *index, struct error *error);

/* Those of the named units that are active now; *ret NULL when offline. */
int operation_get_active(struct operation *o, char *const *names, struct name_set **ret,
                         struct error *error);

/* Sets ERROR_UNIT_EXISTS for a unit of that name, or a template with instances, that is in the set of active
 * ones: says so, what is not done for it, how to stop it and, in the text after that, what else can be done.
 */
int operation_error_active(const struct operation *o, const struct name_set *active, const char *name,
                           const char *what, const char *advice, struct error *error);

/* Image names of a request as the index knows them, base first: from a name or the last part of a path.
 * strv. */
int operation_get_names(const struct operation_request *request, char ***ret);

/* The same with links and versioned directories resolved: the names that markers have. strv. */
int operation_resolve_names(struct operation *o, const struct operation_request *request, char ***ret);

/*
 * The units attached that the request means: exact by names, else other versions (up to the
 * first "_"), as documented for reattach and as systemd's portabled does for all verbs. For a definition
 * those that are marked with it come first. Only those with that runtime flag.
 */
int operation_find_attached(struct operation *o, const struct attached_index *index,
                            const struct operation_request *request, bool runtime,
                            struct unit_selection *ret, struct error *error);

/* The names of those of them that have one of the request's prefixes: what a detach takes away. *ret (strv)
 * is left alone where nothing is attached. */
int operation_list_attached(struct operation *o, const struct operation_request *request, bool runtime,
                            char ***ret, struct error *error);

/* Whether entries can be made in that directory, or in the one above that there is: false on a read-only
 * file system. */
bool operation_can_write(struct operation *o, const char *directory);

/* Whether an attach directory that gets empty can go: not a mount or a link, nor one in a read-only place.
 */
bool operation_can_remove(struct operation *o, const char *directory);

/* The directory that new units go to, by the build option attach-layout and the manager's unit path. */
const char *operation_attach_directory(struct operation *o, bool runtime);

#endif
