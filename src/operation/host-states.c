/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/host-states.h"

#include <stddef.h>

#include "operation/offline-states.h"
#include "operation/operation.h"

int host_states_read(struct operation *o, struct host_states *ret, struct error *error)
{
        _cleanup_host_states_ struct host_states h = {};
        int r;

        if (!o->bus)
                return offline_enabled_read(o->root_fd, &ret->enabled, error);
        r = manager_list_active(o->bus, &h.active, error);
        if (r >= 0)
                r = manager_list_enabled(o->bus, &h.enabled, error);
        if (r < 0)
                return r;
        *ret = h;
        h = (struct host_states){};
        return 0;
}

void host_states_clear(struct host_states *h)
{
        h->active = name_set_free(h->active);
        h->enabled = name_set_free(h->enabled);
}

bool host_states_is_active(const struct host_states *h, const char *name)
{
        return h->active && name_set_contains(h->active, name);
}

bool host_states_is_enabled(const struct host_states *h, const char *name)
{
        return h->enabled && name_set_contains(h->enabled, name);
}
