/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "definition/install.h"
#include "manager/manager.h"
#include "operation/host-states.h"
#include "portablectl/apply-state.h"
#include "portablectl/bus.h"
#include "portablectl/client.h"
#include "portablectl/here.h"
#include "portablectl/install-ask.h"
#include "portablectl/reload.h"
#include "portablectl/report.h"
#include "portablectl/units.h"

/* What the host is like while actions are planned. */
struct units_planning {
        struct client *client;
        struct here here;
        const struct attached_index *index;
        struct host_states enabled;
        struct manager_unit_state *states;
        size_t n_states;
        bool fresh;
};

static void planning_clear(struct units_planning *p)
{
        manager_unit_states_free(p->states, p->n_states);
        host_states_clear(&p->enabled);
        here_end(&p->here);
}

static const char *state_of(const struct manager_unit_state *states, size_t n, const char *name)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(states[i].name, name) == 0)
                        return states[i].active_state;
        return "inactive";
}

static int add_action(struct apply_item *i, const struct unit_action *action, struct error *error)
{
        struct unit_action a = {.type = action->type};

        if (array_grow((void **)&i->actions.items, i->actions.n, sizeof(a)) < 0)
                return error_set_oom(error);
        a.unit = strdup(action->unit);
        a.path = strdup(action->path);
        a.before = action->before ? strdup(action->before) : NULL;
        a.after = action->after ? strdup(action->after) : NULL;
        i->actions.items[i->actions.n++] = a;
        return a.unit && a.path && (a.before || !action->before) && (a.after || !action->after)
                       ? 0
                       : error_set_oom(error);
}

static int plan_enablement(const struct units_planning *p, struct apply_item *i, size_t unit,
                           const struct install_set *set, struct error *error)
{
        const struct install_unit *u = install_set_find(set, p->index->units[unit].name);
        bool is = host_states_is_enabled(&p->enabled, unit),
             shall = install_set_is_enabled(set, &i->definition->enable, u->name);

        if (is == shall || !u->installable)
                return 0;
        return add_action(i,
                          &(struct unit_action){shall ? "enable" : "disable", u->name, u->path,
                                                (char *)(is ? "enabled" : "disabled"),
                                                (char *)(shall ? "enabled" : "disabled")},
                          error);
}

/* What failed is left alone until its files change: somebody has to look at it. */
static int plan_start(const struct units_planning *p, struct apply_item *i, const struct install_unit *u,
                      const struct install_set *set, struct error *error)
{
        const char *state = state_of(p->states, p->n_states, u->name);
        bool fresh = p->fresh && i->result == APPLY_APPLIED && !i->adopt,
             active = manager_active_state_is_active(state);

        if (p->client->options->root || u->template)
                return 0;
        if (active)
                return !fresh ? 0
                              : add_action(i,
                                           &(struct unit_action){"restart", u->name, u->path, (char *)state,
                                                                 (char *)"active"},
                                           error);
        if (!install_set_is_started(set, &i->definition->start, u, fresh) ||
            (!fresh && strcmp(state, "failed") == 0))
                return 0;
        return add_action(
                i, &(struct unit_action){"start", u->name, u->path, (char *)state, (char *)"active"}, error);
}

static int check_names(const struct install_set *set, const char *key, char *const *names,
                       struct apply_item *i)
{
        for (; names && *names; names++)
                if (!install_set_find(set, *names))
                        return error_set(&i->error, ERROR_NO_SUCH_UNIT, ENOENT,
                                         "%s: %s= names '%s', which is not attached for it",
                                         i->definition->path, key, *names);
        return 0;
}

static int plan_item(const struct units_planning *p, struct apply_item *i, struct error *error)
{
        _cleanup_install_set_ struct install_set set = {};
        int r = install_set_read(p->here.operation.root_fd, p->index, i->name, &set, error);

        if (r < 0 || set.n == 0)
                return r;
        if (check_names(&set, "Enable", i->definition->enable.names, i) < 0 ||
            check_names(&set, "Start", i->definition->start.names, i) < 0) {
                if (!p->fresh)
                        i->state = DEFINITION_BROKEN;
                return 0;
        }
        for (size_t k = 0; k < p->index->n_units && r >= 0; k++)
                if (install_set_find(&set, p->index->units[k].name) && p->index->units[k].definition &&
                    strcmp(p->index->units[k].definition, i->name) == 0)
                        r = plan_enablement(p, i, k, &set, error);
        for (size_t k = 0; k < set.n && r >= 0; k++)
                r = plan_start(p, i, set.items + k, &set, error);
        return r;
}

/* Enablement and states of all units that are attached for definitions: two questions. */
static int ask_states(struct units_planning *p, struct error *error)
{
        _cleanup_free_ size_t *units = calloc(p->index->n_units + 1, sizeof(*units));
        _cleanup_strv_ char **names = NULL;
        struct operation *o = &p->here.operation;
        size_t n = 0;
        int r;

        if (!units)
                return error_set_oom(error);
        for (size_t i = 0; i < p->index->n_units; i++) {
                if (!p->index->units[i].definition)
                        continue;
                units[n++] = i;
                if (strv_append(&names, p->index->units[i].name) < 0)
                        return error_set_oom(error);
        }
        if (p->client->bus && n > 0) {
                o->online = true;
                operation_share_bus(o, p->client->bus);
        }
        r = host_states_read(o, p->index, units, n, &p->enabled, error);
        if (r >= 0 && p->client->bus && names)
                r = manager_get_unit_states(p->client->bus, names, &p->states, &p->n_states, error);
        return r;
}

static int read_index_again(const struct units_planning *p, struct apply *a, struct error *error)
{
        _cleanup_attached_index_ struct attached_index before = a->index;

        a->index = (struct attached_index){};
        return attached_index_read_again(p->here.operation.root_fd, p->client->layout, &before, &a->index,
                                         error);
}

int apply_units_plan(struct client *client, struct apply *a, bool fresh, struct error *error)
{
        _cleanup_(planning_clear) struct units_planning p = {
                .client = client, .index = &a->index, .fresh = fresh};
        int r = here_begin(client, &p.here, error);

        if (r >= 0 && fresh)
                r = read_index_again(&p, a, error);
        if (r >= 0)
                r = ask_states(&p, error);
        for (size_t i = 0; i < a->definitions.n && r >= 0; i++) {
                struct apply_item *item = a->items + i;

                if (item->state == DEFINITION_MASKED || item->state == DEFINITION_UPDATING ||
                    definition_state_is_failure(item->state) || item->result == APPLY_FAILED)
                        continue;
                r = plan_item(&p, item, error);
                if (!fresh && item->actions.n > 0 &&
                    (item->state == DEFINITION_IN_SYNC || item->state == DEFINITION_OUTDATED ||
                     item->state == DEFINITION_FAILED))
                        item->state = DEFINITION_DIFFERS;
        }
        return r;
}

/* Units (by path or by name) of the actions of that type. */
static int list_units(const struct apply_item *i, const char *type, char ***ret, struct error *error)
{
        for (size_t k = 0; k < i->actions.n; k++)
                if (strcmp(i->actions.items[k].type, type) == 0 &&
                    strv_append(ret, i->actions.items[k].path) < 0)
                        return error_set_oom(error);
        units_sort(*ret);
        return 0;
}

/* The client for one definition: what fails is kept, and counts for it. */
struct item_client {
        struct options options;
        struct client client;
        struct failures failures;
};

static void item_client_begin(const struct client *client, const struct apply_item *i,
                              struct item_client *ret)
{
        ret->options = *client->options;
        ret->client = *client;
        ret->failures = (struct failures){};
        ret->options.runtime = i->flags & 1;
        ret->options.enable = ret->options.now = ret->options.block = true;
        ret->options.quiet = client->options->quiet || client->options->json != JSON_OFF;
        ret->client.options = &ret->options;
        ret->client.failures = &ret->failures;
}

/* r: what came of it. */
static void item_client_end(struct item_client *c, struct apply_item *i, int r)
{
        if (r < 0) {
                i->result = APPLY_DEGRADED;
                i->told = true;
        }
        if (r < 0 && c->failures.n > 0)
                (void)error_set(&i->error, ERROR_FAILED, EIO, "%s", c->failures.items[0].message ?: "?");
        failures_clear(&c->failures);
}

/* Before the reload, which tells the service manager of it, too. */
static int enable_item(struct client *client, struct apply_item *i, struct error *error)
{
        _cleanup_strv_ char **enable = NULL, **disable = NULL, **gone = NULL;
        const struct install_images images = {&i->request, 1};
        struct item_client c;
        int r = list_units(i, "enable", &enable, error), failed = 0;

        if (r >= 0)
                r = list_units(i, "disable", &disable, error);
        /* As below, of units that a new version does not have. */
        if (r >= 0 && i->definition && i->result == APPLY_APPLIED &&
            (client->options->user || client->options->root))
                r = units_from_changes(client->layout, &i->outcome.removed, true, &gone, error);
        if (r < 0 || (!enable && !disable && !gone))
                return r;
        item_client_begin(client, i, &c);
        if (gone && units_disable(&c.client, NULL, gone) < 0)
                failed = -EIO;
        if (disable && units_disable(&c.client, &images, disable) < 0)
                failed = -EIO;
        if (enable && units_enable(&c.client, &images, enable) < 0)
                failed = -EIO;
        item_client_end(&c, i, failed);
        return 1;
}

static int start_item(struct client *client, struct apply_item *i, struct error *error)
{
        _cleanup_strv_ char **gone = NULL, **restart = NULL, **start = NULL;
        struct item_client c;
        int r = 0, failed = 0;

        /* Of others it is still what a dry run would have removed; those of an orphan are stopped. */
        if (i->definition && i->result == APPLY_APPLIED)
                r = units_from_changes(client->layout, &i->outcome.removed, true, &gone, error);
        if (r >= 0)
                r = list_units(i, "restart", &restart, error);
        if (r >= 0)
                r = list_units(i, "start", &start, error);
        if (r < 0 || (!gone && !restart && !start))
                return r;
        item_client_begin(client, i, &c);
        failed = units_run_anew(&c.client, "stop", gone, error);
        if (!error_is_set(error) && units_run_anew(&c.client, "restart", restart, error) < 0)
                failed = -EIO;
        if (!error_is_set(error) && units_run_anew(&c.client, "start", start, error) < 0)
                failed = -EIO;
        item_client_end(&c, i, failed);
        return error_is_set(error) ? -error->errnum : 0;
}

/* What has come of it: a unit whose condition does not hold was asked for, and is not active all the same.
 */
static int look_again(struct client *client, struct apply_item *i, struct error *error)
{
        struct manager_unit_state *states = NULL;
        _cleanup_strv_ char **names = NULL;
        size_t n = 0;
        int r;

        for (size_t k = 0; k < i->actions.n; k++)
                if (strv_append(&names, i->actions.items[k].unit) < 0)
                        return error_set_oom(error);
        if (!names || !client->bus)
                return 0;
        r = manager_get_unit_states(client->bus, names, &states, &n, error);
        for (size_t k = 0; k < i->actions.n && r >= 0; k++) {
                struct unit_action *action = i->actions.items + k;

                if (strcmp(action->type, "start") != 0 && strcmp(action->type, "restart") != 0)
                        continue;
                free(action->after);
                action->after = strdup(state_of(states, n, action->unit));
                r = action->after ? 0 : error_set_oom(error);
        }
        manager_unit_states_free(states, n);
        return r;
}

static void judge(struct apply_item *i)
{
        for (size_t k = 0; k < i->actions.n && i->result == APPLY_NONE; k++) {
                const struct unit_action *action = i->actions.items + k;

                if (!action->before || !action->after || strcmp(action->before, action->after) != 0)
                        i->result = APPLY_APPLIED;
        }
}

int apply_units_run(struct client *client, struct apply *a, struct error *error)
{
        bool reload = false;
        int r = 0;

        for (size_t i = 0; i < a->n && r >= 0; i++) {
                reload = reload || a->items[i].result == APPLY_APPLIED;
                if (!client->interrupted)
                        r = enable_item(client, a->items + i, error);
                reload = reload || r > 0;
        }
        /* One tells the service manager of everything. */
        if (r >= 0 && reload && !client->options->root)
                r = reload_always(client, error);
        for (size_t i = 0; i < a->n && r >= 0 && !client->options->root && !client->interrupted; i++) {
                r = start_item(client, a->items + i, error);
                if (r >= 0)
                        r = look_again(client, a->items + i, error);
        }
        for (size_t i = 0; i < a->n; i++)
                judge(a->items + i);
        return r;
}

/* Those of an orphan, as it is attached: what the plan of the detach takes away of links is in the attach
 * directories, and not where a user or a tree has them. */
static int put_down_item(struct client *client, struct apply_item *i, struct error *error)
{
        const struct install_images images = {&i->request, 1};
        _cleanup_strv_ char **units = NULL;
        struct item_client c;
        int r = units_from_changes(client->layout, &i->outcome.removed, true, &units, error);

        if (r < 0 || !units)
                return r;
        item_client_begin(client, i, &c);
        if (!client->options->root)
                (void)units_run(&c.client, "stop", units, true, error);
        if (!error_is_set(error))
                (void)units_disable(&c.client, &images, units);
        failures_clear(&c.failures);
        return error_is_set(error) ? -error->errnum : 0;
}

int apply_units_put_down(struct client *client, struct apply *a, struct error *error)
{
        int r = 0;

        for (size_t i = a->definitions.n; i < a->n && r >= 0; i++)
                if (a->items[i].call)
                        r = put_down_item(client, a->items + i, error);
        return r;
}
