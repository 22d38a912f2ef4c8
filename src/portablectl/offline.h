/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_OFFLINE_H
#define PORTABLECTL_OFFLINE_H

/*
 * The twin of daemon.h for --root=: the operations run in this process, on an operating system's tree, with
 * no bus, daemon or running service manager. All paths in arguments and results are those inside the tree.
 */

#include "wire/request.h"
#include "wire/result.h"

struct error;
struct layout;
struct offline;
struct progress;

/* directory: of the host, as given. Errors: it is not a directory, or can't be opened. */
int offline_open(const char *directory, const struct layout *layout, struct offline **ret,
                 struct error *error);
/* Takes away the lock file if it came with us. NULL is fine. Returns NULL. */
struct offline *offline_close(struct offline *o);

/* Fills *ret, also when it fails; progress is told how far it is, and is ended. */
int offline_run(struct offline *o, enum operation_verb verb, const struct operation_request *request,
                struct progress *progress, struct result *ret, struct error *error);
int offline_get_profiles(struct offline *o, char ***ret, struct error *error);

/* Begins an operation on the tree; for verbs that have no twin in the daemon. */
struct operation;
int offline_begin(struct offline *o, struct operation *ret, struct error *error);

#endif
