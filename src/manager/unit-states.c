/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "manager/call.h"
#include "manager/manager.h"
#include "manager/pattern.h"

void manager_unit_states_free(struct manager_unit_state *states, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(states[i].name);
                free(states[i].load_state);
                free(states[i].active_state);
        }
        free(states);
}

static int states_add(struct manager_unit_state **states, size_t *n, const char *name, const char *load,
                      const char *active)
{
        struct manager_unit_state *s;

        if (array_grow((void **)states, *n, sizeof(*s)) < 0)
                return -ENOMEM;
        s = &(*states)[(*n)++];
        *s = (struct manager_unit_state){strdup(name), strdup(load), strdup(active)};
        return s->name && s->load_state && s->active_state ? 0 : -ENOMEM;
}

/* a(ssssssouso), the form of all ListUnits methods. */
static int states_read(sd_bus_message *m, struct manager_unit_state **states, size_t *n)
{
        const char *name, *load, *active;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(ssssssouso)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "(ssssssouso)", &name, NULL, &load, &active, NULL, NULL, NULL,
                                        NULL, NULL, NULL)) > 0) {
                r = states_add(states, n, name, load, active);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int states_call(sd_bus *bus, sd_bus_message *m, struct manager_unit_state **ret, size_t *ret_n,
                       struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct manager_unit_state *states = NULL;
        size_t n = 0;
        int r;

        r = manager_call_send(bus, m, 0, &reply, error);
        if (r < 0)
                return r;
        r = states_read(reply, &states, &n);
        if (r < 0) {
                manager_unit_states_free(states, n);
                return manager_call_bad_answer(error, r, sd_bus_message_get_member(m));
        }
        *ret = states;
        *ret_n = n;
        return 0;
}

int manager_get_unit_states(sd_bus *bus, char *const *names, struct manager_unit_state **ret, size_t *ret_n,
                            struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_strv_ char **plain = NULL;
        int r;

        for (size_t i = 0; names && names[i]; i++)
                if (!unit_name_is_template(names[i]) && strv_append(&plain, names[i]) < 0)
                        return error_set_oom(error);
        if (!plain) {
                *ret = NULL;
                *ret_n = 0;
                return 0;
        }
        r = manager_call_new(bus, "ListUnitsByNames", &m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, plain);
        if (r < 0)
                return error_set_errno(error, r, "Cannot ask the service manager for the state of units");
        return states_call(bus, m, ret, ret_n, error);
}

int manager_get_instance_states(sd_bus *bus, char *const *templates, bool all,
                                struct manager_unit_state **ret, size_t *ret_n, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_strv_ char **patterns = NULL;
        char *states[] = {(char *)"activating",
                          (char *)"active",
                          (char *)"reloading",
                          (char *)"refreshing",
                          (char *)"maintenance",
                          (char *)"deactivating",
                          NULL};
        int r;

        for (size_t i = 0; templates && templates[i]; i++)
                if (unit_name_is_template(templates[i]) &&
                    strv_consume(&patterns, pattern_for_instances(templates[i])) < 0)
                        return error_set_oom(error);
        if (!patterns) {
                *ret = NULL;
                *ret_n = 0;
                return 0;
        }
        r = manager_call_new(bus, "ListUnitsByPatterns", &m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, all ? NULL : states);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, patterns);
        if (r < 0)
                return error_set_errno(error, r,
                                       "Cannot ask the service manager for instances of templates");
        return states_call(bus, m, ret, ret_n, error);
}

bool manager_active_state_is_active(const char *active_state)
{
        return strcmp(active_state, "inactive") != 0 && strcmp(active_state, "failed") != 0;
}
