/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_BACKEND_H
#define PORTABLECTL_BACKEND_H

/*
 * Who does the work of a verb: the daemon, asked over the bus (daemon.h), or with --root= this process
 * itself (offline.h). Verbs ask for it here and need not know.
 */

#include <stdint.h>

#include "basic/error.h"
#include "wire/request.h"
#include "wire/result.h"

struct client;

/* Connects to the bus, or opens the tree. */
int backend_open(struct client *client, struct error *error);

/* Whatever it is, but for what changes units. ret is to be cleared. ERROR_NOT_SUPPORTED if the daemon can't
 * do it. */
int backend_run(struct client *client, enum operation_verb verb, const struct operation_request *request,
                struct result *ret, struct error *error);

/* The value of one field of its release file, NULL if it is not there. */
int backend_get_release_field(struct client *client, const char *image, const char *key, char **ret,
                              struct error *error);

/* Attaches, detaches or reattaches the images of a request as OPERATION_CHANGE has it; outcomes[] has a
 * zeroed element for each. Fails as a whole only if nothing was done. */
int backend_change(struct client *client, const struct operation_request *request,
                   struct operation_result *outcomes, struct error *error);

/* The same for the items of a request as OPERATION_APPLY has it, which only our own daemon can do. */
int backend_apply(struct client *client, const struct operation_request *request,
                  struct operation_result *outcomes, struct error *error);

int backend_get_profiles(struct client *client, char ***ret, struct error *error);

#endif
