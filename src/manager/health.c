/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/health.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "manager/call.h"

void unit_health_clear(struct unit_health *h)
{
        free(h->active_state);
        free(h->sub_state);
        free(h->result);
        free(h->type);
        strv_free(h->needed_by);
        *h = (struct unit_health){};
}

static int take_string(sd_bus_message *m, char **ret)
{
        const char *s;
        int r = sd_bus_message_read(m, "v", "s", &s);

        if (r < 0)
                return r;
        free(*ret);
        *ret = strdup(s);
        return *ret ? 0 : -ENOMEM;
}

static int take_boolean(sd_bus_message *m, bool *ret)
{
        int value, r = sd_bus_message_read(m, "v", "b", &value);

        if (r >= 0)
                *ret = value;
        return r;
}

/* A unit that needs it in two ways is one. */
static int take_units(sd_bus_message *m, char ***ret)
{
        _cleanup_strv_ char **l = NULL;
        int r = manager_read_list(m, &l);

        for (char **unit = l; r >= 0 && unit && *unit; unit++)
                if (!strv_contains(*ret, *unit))
                        r = strv_append(ret, *unit);
        return r;
}

static int take_invocation(sd_bus_message *m, char ret[static SD_ID128_STRING_MAX])
{
        sd_id128_t value;
        const void *id;
        size_t size;
        int r = sd_bus_message_enter_container(m, 'v', "ay");

        if (r >= 0)
                r = sd_bus_message_read_array(m, 'y', &id, &size);
        if (r >= 0 && size == sizeof(value)) {
                memcpy(&value, id, size);
                sd_id128_to_string(value, ret);
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int take_property(sd_bus_message *m, const char *name, void *userdata)
{
        struct unit_health *h = userdata;

        if (strcmp(name, "ActiveState") == 0)
                return take_string(m, &h->active_state);
        if (strcmp(name, "SubState") == 0)
                return take_string(m, &h->sub_state);
        if (strcmp(name, "Result") == 0)
                return take_string(m, &h->result);
        if (strcmp(name, "Type") == 0)
                return take_string(m, &h->type);
        if (strcmp(name, "InvocationID") == 0)
                return take_invocation(m, h->invocation);
        if (strcmp(name, "NRestarts") == 0)
                return sd_bus_message_read(m, "v", "u", &h->restarts);
        if (strcmp(name, "ConditionResult") == 0)
                return take_boolean(m, &h->condition);
        if (strcmp(name, "RemainAfterExit") == 0)
                return take_boolean(m, &h->remains);
        if (strcmp(name, "RequiredBy") == 0 || strcmp(name, "BoundBy") == 0 ||
            strcmp(name, "ConsistsOf") == 0)
                return take_units(m, &h->needed_by);
        return sd_bus_message_skip(m, "v");
}

static int fill_in(char **text)
{
        if (!*text)
                *text = strdup("");
        return *text ? 0 : -ENOMEM;
}

int manager_get_health(sd_bus *bus, const char *unit, uint64_t usec, struct unit_health *ret,
                       struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_unit_health_ struct unit_health h = {};
        _cleanup_free_ char *path = NULL;
        int r = sd_bus_path_encode(MANAGER_PATH "/unit", unit, &path);

        /* With an empty interface: those of all. */
        if (r >= 0)
                r = sd_bus_message_new_method_call(bus, &m, MANAGER_BUS_NAME, path,
                                                   "org.freedesktop.DBus.Properties", "GetAll");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", "");
        if (r < 0)
                return error_set_errno(error, r, "Cannot form a question about '%s' to the service manager",
                                       unit);
        r = manager_call_send(bus, m, usec, &reply, error);
        if (r < 0)
                return r;
        r = manager_read_properties(reply, take_property, &h);
        if (r < 0 || fill_in(&h.active_state) < 0 || fill_in(&h.sub_state) < 0 || fill_in(&h.result) < 0 ||
            fill_in(&h.type) < 0)
                return manager_call_bad_answer(error, r < 0 ? r : -ENOMEM, "GetAll");
        *ret = h;
        h = (struct unit_health){};
        return 0;
}

int manager_keep_unit(sd_bus *bus, const char *unit, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = manager_call_new(bus, "RefUnit", &m, error);

        if (r >= 0 && sd_bus_message_append(m, "s", unit) < 0)
                return error_set_oom(error);
        return r < 0 ? r : manager_call_send(bus, m, 0, NULL, error);
}
