/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_HOST_STATES_H
#define OPERATION_HOST_STATES_H

/* Which units are active and which are enabled on the host: two calls for all of them. Offline nothing is
 * active, and the links tell what is enabled. */

#include <stdbool.h>

#include "manager/list.h"

struct error;
struct operation;

struct host_states {
        struct name_set *active, *enabled; /* NULL: none */
};

int host_states_read(struct operation *o, struct host_states *ret, struct error *error);
void host_states_clear(struct host_states *h);
#define _cleanup_host_states_ __attribute__((cleanup(host_states_clear)))

bool host_states_is_active(const struct host_states *h, const char *name);
bool host_states_is_enabled(const struct host_states *h, const char *name);

#endif
