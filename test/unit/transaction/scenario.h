/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_TRANSACTION_SCENARIO_H
#define TEST_UNIT_TRANSACTION_SCENARIO_H

/* Old states and the changes that lead to new ones, as attach, detach and reattach of an image with six
 * units make them. Used by every test that interrupts transactions. */

#include <stdbool.h>

#include "plan/change.h"
#include "sandbox.h"

struct error;

struct scenario {
        const char *name;
        void (*prepare)(const struct sandbox *s); /* the old state */
        void (*plan)(struct change_list *l);
        const char *copy_source, *copy_target; /* an image copy to be staged first, or NULL */
        bool copy_private;
};

extern const struct scenario scenarios[];
extern const unsigned n_scenarios;

/* Stages the image copy if there is one, locks, recovers, commits the planned list; calls reported() in the
 * instant in which success would be reported. Returns transaction_commit()'s result or an earlier error. */
int scenario_run(const struct scenario *c, const struct change_list *l, int root_fd,
                 void (*reported)(void *userdata), void *userdata, struct error *error);

#endif
