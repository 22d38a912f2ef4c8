/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_PREPARE_H
#define OPERATION_PREPARE_H

/* What attach and reattach share: from opened layers to the input of plan_attach(). */

#include "attached/index.h"
#include "operation/confine-config.h"
#include "operation/layers.h"
#include "operation/links.h"
#include "operation/profile.h"
#include "plan/attach.h"

struct change_list;
struct error;
struct operation;
struct operation_request;
struct unit_selection;
struct transaction;
struct unit_merged;

/* Everything plan_attach() points into; zero-initialise. */
struct prepared {
        bool anew; /* set before: entries that an earlier attach made may be replaced */
        struct layers layers;
        char **prefixes;
        struct layer_unit *units;
        size_t n_units;
        struct profile profile;
        enum confine_mode confine; /* how the image is held to it */
        char **resets;             /* enforced: by unit, what takes back its steps out (strv) */
        char **owned;              /* strings made for the plan */
        struct plan_layer *plan_layers;
        struct plan_unit *plan_units;
        struct staged_copies staged; /* copies of images made before the lock */
        struct links links;
        const char *directory; /* the attach directory that the units go to */
        bool unusual_prefixes; /* asked for, and neither that of the image's name nor those that it names
                                  itself */
        struct plan_existing_unit *existing;
        size_t n_existing;
};

void prepared_clear(struct prepared *p);
#define _cleanup_prepared_ __attribute__((cleanup(prepared_clear)))

/* Opens, reads and checks the layers, collects units and profile, copies images if asked. The slow part,
 * done without the lock. */
int prepare_layers(struct operation *o, const struct operation_request *request, struct transaction *t,
                   struct prepared *p, struct error *error);

/* Whether the prefixes of a request are just what follows from the name of its image, or none, so that
 * nobody need have chosen them. 1, 0 or -ENOMEM. */
int prefixes_are_default(const struct operation_request *request);

/* What a unit of the image says under the profile: source 0 is its file, source 1 the profile, if that has a
 * part for such units. Returns 0 or -ENOMEM. */
int prepared_merge_unit(const struct prepared *p, const struct unit_file *file, struct unit_merged *ret);

/* Under the lock: looks at what is on the host now and plans. replaced: the attached units that this one
 * takes over (reattach, forced attach). When forced, files that are there of its units are
 * replaced, too, whosever they are. */
int prepare_plan(struct operation *o, const struct operation_request *request,
                 const struct unit_selection *replaced, struct prepared *p, struct change_list *ret,
                 struct error *error);

#endif
