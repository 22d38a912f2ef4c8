/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_HOST_STATES_H
#define OPERATION_HOST_STATES_H

/* Which of the attached units are active and which are enabled on the host: at most two calls to the service
 * manager for all of them. Offline nothing is active, and the links tell what is enabled. */

#include <stdbool.h>
#include <stddef.h>

#include "attached/state.h"
#include "manager/list.h"

struct attached_index;
struct error;
struct operation;

struct host_states {
        const struct attached_index *index;
        struct name_set *active; /* NULL: none */
        bool *enabled;           /* by unit of the index; NULL: none */
};

/* For these units (indices into index->units, which must stay). */
int host_states_read(struct operation *o, const struct attached_index *index, const size_t *units, size_t n,
                     struct host_states *ret, struct error *error);
void host_states_clear(struct host_states *h);
#define _cleanup_host_states_ __attribute__((cleanup(host_states_clear)))

/* unit: an index into index->units. */
bool host_states_is_active(const struct host_states *h, size_t unit);
bool host_states_is_enabled(const struct host_states *h, size_t unit);

/* The state of an image of which these units are attached. */
enum portable_state host_states_sum_up(const struct host_states *h, const size_t *units, size_t n);

#endif
