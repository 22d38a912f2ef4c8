/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/operation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "operation/concerned.h"
#include "operation/host-states.h"

static int fill(const struct concerned *c, enum portable_state state, struct named_state *ret)
{
        const char *nearest = portable_state_to_string(state),
                   *detached = portable_state_to_string(PORTABLE_DETACHED);

        ret->nearest = strdup(nearest);
        ret->state = strdup(c->match != CONCERNED_OTHER ? nearest : detached);
        ret->own = strdup(c->match == CONCERNED_EXACT ? nearest : detached);
        return ret->nearest && ret->state && ret->own ? 0 : -ENOMEM;
}

int operation_state(struct operation *o, const struct operation_request *request, struct named_state *ret,
                    struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_concerned_ struct concerned c = {};
        _cleanup_host_states_ struct host_states host = {};
        int r;

        r = attached_index_read(o->root_fd, o->layout, &index, error);
        if (r >= 0)
                r = concerned_find(o, &index, request, &c, error);
        if (r >= 0)
                r = host_states_read(o, &index, c.units, c.n, &host, error);
        if (r < 0)
                return r;
        if (fill(&c, host_states_sum_up(&host, c.units, c.n), ret) < 0)
                return error_set_oom(error);
        ret->version = steal_pointer(c.version);
        return 0;
}
