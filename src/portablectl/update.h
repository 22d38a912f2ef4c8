/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_UPDATE_H
#define PORTABLECTL_UPDATE_H

/*
 * Moving what is attached for a definition to a newer version, on trial: if its units do not run well
 * everything is as it was before. What is under way is in a record (definition/record.h). Who makes one has
 * first asked the service manager for portable-update-finish.service, which waits for the lock of the record
 * and ends what is left of it.
 */

#include <stdbool.h>

#include "definition/record.h"
#include "portablectl/apply-state.h"

struct client;
struct error;

enum update_outcome {
        UPDATE_NOTHING, /* there was nothing to do, or nothing that may be tried */
        UPDATE_GOOD,
        UPDATE_BACK,     /* it did not run well, and all is as before */
        UPDATE_DEGRADED, /* something does not run now */
};

/* The definition's item, which is outdated. *item gets what was done. Returns an enum update_outcome, or a
 * negative errno with *error set: nothing was changed. */
int update_definition(struct client *client, struct apply_item *item, struct error *error);

/* Ends what somebody else has begun and not ended. wait: until they have let go of it. The same. */
int update_finish(struct client *client, const char *name, bool wait, struct error *error);

/* For who makes or ends an update, with the lock of its record. */

/* The newest set of images that has not failed: the dry run of it is in *ret. Returns 1; 0 if there is none;
 * or a negative errno, where all that are newer than what is attached cannot be attached: why the newest
 * cannot. */
int update_choose(struct client *client, int root_fd, const char *name, struct update_record *record,
                  struct apply *ret, struct error *error);

/* Jobs for those, waited for; quiet about units that are not there any more. Returns 0, or a negative errno
 * if one failed; with *error set if it could not go on. */
int update_run_units(struct client *client, const char *verb, char *const *units, struct error *error);

/* Starts those of the host that went down with ours. As update_run_units(). */
int update_start_dependents(struct client *client, const struct update_record *r, struct error *error);

/* It does not run well: everything is put back, or stays if the definition wants that. counts: it is its own
 * fault. Returns an enum update_outcome or a negative errno. */
int update_give_up(struct client *client, int root_fd, struct update_record *r, bool counts,
                   struct error *error);

/* Whether the units of the record run well: 1; 0, and *ret_why tells which does not and why; or a negative
 * errno. */
int update_watch(struct client *client, const struct update_record *r, char **ret_why, struct error *error);

/* Notes which units are active or have failed, and what of the host needs them. */
int update_note_states(struct client *client, const struct attached_index *index, struct update_record *r,
                       struct error *error);

#endif
