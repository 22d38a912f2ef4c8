/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/host-states.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "attached/install.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "manager/manager.h"
#include "operation/offline-states.h"
#include "operation/operation.h"

static const char *name_of(const struct host_states *h, size_t unit)
{
        return h->index->units[unit].name;
}

/* Those of the names whose files are in a state that counts as enabled. */
static int list_enabled(struct operation *o, char *const *names, struct name_set **ret, struct error *error)
{
        _cleanup_name_set_ struct name_set *set = name_set_new();
        struct manager_unit_file *files;
        size_t n_files;
        int r;

        if (!set)
                return error_set_oom(error);
        r = manager_get_unit_file_states(o->bus, names, &files, &n_files, error);
        if (r < 0)
                return r;
        for (size_t i = 0; r >= 0 && i < n_files; i++)
                if (unit_file_state_is_enabled(files[i].state))
                        r = name_set_add(set, files[i].name);
        manager_unit_files_free(files, n_files);
        if (r < 0)
                return error_set_oom(error);
        *ret = steal_pointer(set);
        return 0;
}

/* One call for all that the files do not tell. */
static int ask_manager(struct operation *o, struct host_states *h, const size_t *units, size_t n,
                       const enum install_verdict *verdicts, struct error *error)
{
        _cleanup_name_set_ struct name_set *enabled = NULL;
        _cleanup_strv_ char **names = NULL;
        int r;

        for (size_t i = 0; i < n; i++)
                if (verdicts[i] == INSTALL_ASK && strv_append(&names, name_of(h, units[i])) < 0)
                        return error_set_oom(error);
        if (!names)
                return 0;
        r = list_enabled(o, names, &enabled, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++)
                if (verdicts[i] == INSTALL_ASK)
                        h->enabled[units[i]] = name_set_contains(enabled, name_of(h, units[i]));
        return 0;
}

static int list_active(struct operation *o, struct host_states *h, const size_t *units, size_t n,
                       struct error *error)
{
        _cleanup_strv_ char **names = NULL;

        for (size_t i = 0; i < n && n <= MANAGER_PATTERNS_MAX; i++)
                if (strv_append(&names, name_of(h, units[i])) < 0)
                        return error_set_oom(error);
        return manager_list_active(o->bus, names, &h->active, error);
}

static int read_enabled(struct operation *o, struct host_states *h, const size_t *units, size_t n,
                        struct error *error)
{
        _cleanup_free_ enum install_verdict *verdicts = NULL;

        h->enabled = calloc(h->index->n_units + 1, sizeof(*h->enabled));
        if (!h->enabled ||
            attached_install_read(o->root_fd, o->unit_path, h->index, units, n, &verdicts) < 0)
                return error_set_oom(error);
        for (size_t i = 0; i < n; i++)
                h->enabled[units[i]] = verdicts[i] == INSTALL_ENABLED;
        return ask_manager(o, h, units, n, verdicts, error);
}

static int read_offline(struct operation *o, struct host_states *h, const size_t *units, size_t n,
                        struct error *error)
{
        _cleanup_name_set_ struct name_set *enabled = NULL;
        int r = offline_enabled_read(o->root_fd, o->layout, &enabled, error);

        if (r < 0)
                return r;
        h->enabled = calloc(h->index->n_units + 1, sizeof(*h->enabled));
        if (!h->enabled)
                return error_set_oom(error);
        for (size_t i = 0; i < n; i++)
                h->enabled[units[i]] = name_set_contains(enabled, name_of(h, units[i]));
        return 0;
}

int host_states_read(struct operation *o, const struct attached_index *index, const size_t *units, size_t n,
                     struct host_states *ret, struct error *error)
{
        _cleanup_host_states_ struct host_states h = {.index = index};
        int r = 0;

        if (n > 0 && o->online) {
                r = operation_ask(o, error);
                if (r >= 0)
                        r = list_active(o, &h, units, n, error);
                if (r >= 0)
                        r = read_enabled(o, &h, units, n, error);
        } else if (n > 0)
                r = read_offline(o, &h, units, n, error);
        if (r < 0)
                return r;
        *ret = h;
        h = (struct host_states){};
        return 0;
}

void host_states_clear(struct host_states *h)
{
        h->active = name_set_free(h->active);
        free(h->enabled);
        h->enabled = NULL;
}

bool host_states_is_active(const struct host_states *h, size_t unit)
{
        return h->active && name_set_contains(h->active, name_of(h, unit));
}

bool host_states_is_enabled(const struct host_states *h, size_t unit)
{
        return h->enabled && h->enabled[unit];
}

enum portable_state host_states_sum_up(const struct host_states *h, const size_t *units, size_t n)
{
        enum portable_state state = PORTABLE_DETACHED;

        for (size_t i = 0; i < n; i++) {
                const struct attached_unit *u = h->index->units + units[i];

                if (!u->hidden)
                        portable_state_raise(&state, u->runtime, host_states_is_enabled(h, units[i]),
                                             host_states_is_active(h, units[i]));
        }
        return state;
}
