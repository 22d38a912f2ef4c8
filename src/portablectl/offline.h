/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_OFFLINE_H
#define PORTABLECTL_OFFLINE_H

/*
 * The twins of daemon.h for --root=: the operations run in this process, on an operating system's tree, with
 * no bus, daemon or running service manager. All paths in arguments and results are those inside the tree.
 * Called by backend.c.
 */

#include <stdbool.h>
#include <stdint.h>

#include "portablectl/backend.h"

struct error;
struct offline;
struct progress;

/* directory: of the host, as given. Errors: it is no directory, or can't be opened. */
int offline_open(const char *directory, struct offline **ret, struct error *error);
/* Takes away the lock file if it came with us. NULL is fine. Returns NULL. */
struct offline *offline_close(struct offline *o);

/* O_PATH, owned by o. */
int offline_root_fd(const struct offline *o);

int offline_list_images(struct offline *o, struct image_table *ret, struct error *error);
int offline_get_metadata(struct offline *o, const char *image, char *const *extensions, char *const *matches,
                         uint64_t flags, struct image_metadata *ret, struct error *error);
int offline_get_release_field(struct offline *o, const char *image, const char *key, char **ret,
                              struct error *error);
int offline_get_state(struct offline *o, const char *image, char *const *extensions, struct named_state *ret,
                      struct error *error);
int offline_change_many(struct offline *o, enum change_verb verb, const struct attach_request *requests,
                        size_t n, uint64_t flags, struct progress *progress, struct image_outcome *outcomes,
                        struct error *error);
int offline_set_read_only(struct offline *o, const char *image, bool read_only, struct error *error);
int offline_remove(struct offline *o, const char *image, struct error *error);
int offline_set_limit(struct offline *o, const char *image, uint64_t limit, struct error *error);
int offline_get_profiles(struct offline *o, char ***ret, struct error *error);

/* Begins an operation on the tree; for verbs that have no twin in the daemon. */
struct operation;
int offline_begin(struct offline *o, struct operation *ret, struct error *error);

#endif
