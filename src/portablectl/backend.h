/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_BACKEND_H
#define PORTABLECTL_BACKEND_H

/*
 * Who does the work of a verb: the daemon, asked over the bus (daemon.h), or with --root= this process
 * itself (offline.h). Verbs call these functions and need not know. Called by the verbs.
 */

#include <stdbool.h>
#include <stdint.h>

#include "basic/error.h"
#include "portablectl/daemon.h"

struct client;
struct error;

/* Connects to the bus, or opens the tree. */
int backend_open(struct client *client, struct error *error);

int backend_list_images(struct client *client, struct image_table *ret, struct error *error);
int backend_get_metadata(struct client *client, const char *image, char *const *extensions,
                         char *const *matches, uint64_t flags, struct image_metadata *ret,
                         struct error *error);
/* The same with the sandbox, as far as the daemon tells that. */
int backend_inspect(struct client *client, const char *image, char *const *extensions, char *const *matches,
                    uint64_t flags, struct image_metadata *ret, struct error *error);
int backend_get_release_field(struct client *client, const char *image, const char *key, char **ret,
                              struct error *error);
int backend_get_state(struct client *client, const char *image, char *const *extensions,
                      struct named_state *ret, struct error *error);

enum change_verb {
        VERB_ATTACH,
        VERB_DETACH,
        VERB_REATTACH,
};

/* What an attach, detach or reattach did to one image. Zero-initialise. */
struct image_changes {
        struct change_list removed; /* detach, reattach */
        struct change_list updated; /* attach, reattach */
        char **warnings;            /* what will not work all the same (strv), if whoever did it tells */
};

void image_changes_clear(struct image_changes *c);
#define _cleanup_image_changes_ __attribute__((cleanup(image_changes_clear)))

/* Detach: matches, profile and copy_mode do not count. */
int backend_change(struct client *client, enum change_verb verb, const struct attach_request *request,
                   struct image_changes *ret, struct error *error);

/* What came of one image among several: its changes, or why it was refused. */
struct image_outcome {
        struct image_changes changes;
        struct error error;
};

/* Several images at once; outcomes[] has n zeroed elements. flags: PORTABLED_DRY_RUN and PORTABLED_ATOMIC of
 * wire/names.h. Fails as a whole only if nothing was done. */
int backend_change_many(struct client *client, enum change_verb verb, const struct attach_request *requests,
                        size_t n, uint64_t flags, struct image_outcome *outcomes, struct error *error);

int backend_set_read_only(struct client *client, const char *image, bool read_only, struct error *error);
int backend_remove(struct client *client, const char *image, struct error *error);
int backend_set_limit(struct client *client, const char *image, uint64_t limit, struct error *error);
int backend_get_profiles(struct client *client, char ***ret, struct error *error);

#endif
