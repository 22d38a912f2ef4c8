/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attached/links.h"
#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "manager/list.h"
#include "manager/manager.h"
#include "manager/pattern.h"
#include "operation/offline-states.h"
#include "operation/operation.h"
#include "operation/status-parts.h"
#include "operation/status.h"

enum field { FIELD_ACTIVE, FIELD_FILE };

/* Sets a field of all units of that name, which may be attached persistently and until the next boot.
 * Returns how many there are, or -ENOMEM. */
static int set_field(struct image_status *s, const char *name, enum field field, const char *value)
{
        int n = 0;

        for (size_t i = 0; i < s->n; i++)
                for (size_t k = 0; k < s->items[i].n_units; k++) {
                        struct status_unit *u = &s->items[i].units[k];
                        char **where = field == FIELD_ACTIVE ? &u->active : &u->file_state;

                        if (strcmp(u->name, name) != 0)
                                continue;
                        n++;
                        /* Of the instances of a template one that is active counts. */
                        if (*where && strcmp(*where, "active") == 0)
                                continue;
                        free(*where);
                        *where = strdup(value);
                        if (!*where)
                                return -ENOMEM;
                }
        return n;
}

/* Adds it to the templates of that name. */
static int add_instance(struct image_status *s, const char *template, const struct manager_unit_state *state)
{
        for (size_t i = 0; i < s->n; i++)
                for (size_t k = 0; k < s->items[i].n_units; k++) {
                        struct status_unit *u = &s->items[i].units[k];
                        struct status_instance *instance;

                        if (strcmp(u->name, template) != 0)
                                continue;
                        if (array_grow((void **)&u->instances, u->n_instances, sizeof(*instance)) < 0)
                                return -ENOMEM;
                        instance = &u->instances[u->n_instances++];
                        *instance = (struct status_instance){.name = strdup(state->name),
                                                             .active = strdup(state->active_state)};
                        if (!instance->name || !instance->active)
                                return -ENOMEM;
                }
        return 0;
}

static int compare_instances(const void *a, const void *b)
{
        const struct status_instance *x = a, *y = b;

        return strcmp(x->name, y->name);
}

/* The manager lists units in no order. */
static void sort_instances(struct image_status *s)
{
        for (size_t i = 0; i < s->n; i++)
                for (size_t k = 0; k < s->items[i].n_units; k++) {
                        struct status_unit *u = &s->items[i].units[k];

                        if (u->n_instances > 1)
                                qsort(u->instances, u->n_instances, sizeof(*u->instances),
                                      compare_instances);
                }
}

static int take_states(struct image_status *s, const struct manager_unit_state *states, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                const char *name = states[i].name, *at = strchr(name, '@'), *dot = strrchr(name, '.');
                _cleanup_free_ char *template = NULL;
                int r = set_field(s, name, FIELD_ACTIVE, states[i].active_state);

                if (r != 0 || !at || !dot || dot < at) {
                        if (r < 0)
                                return r;
                        continue;
                }
                if (asprintf(&template, "%.*s%s", (int)(at - name) + 1, name, dot) < 0) {
                        template = NULL;
                        return -ENOMEM;
                }
                if (set_field(s, template, FIELD_ACTIVE, states[i].active_state) < 0 ||
                    add_instance(s, template, states + i) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int ask_active(struct operation *o, struct image_status *s, char *const *names,
                      char *const *templates, struct error *error)
{
        struct manager_unit_state *states = NULL;
        size_t n = 0;
        int r = 0;

        if (names) {
                r = manager_get_unit_states(o->bus, names, &states, &n, error);
                if (r >= 0 && take_states(s, states, n) < 0)
                        r = error_set_oom(error);
                manager_unit_states_free(states, n);
        }
        states = NULL;
        n = 0;
        if (r >= 0 && templates) {
                r = manager_get_instance_states(o->bus, templates, false, &states, &n, error);
                if (r >= 0 && take_states(s, states, n) < 0)
                        r = error_set_oom(error);
                manager_unit_states_free(states, n);
        }
        return r;
}

static int ask_file_states(struct operation *o, struct image_status *s, char *const *all,
                           struct error *error)
{
        struct manager_unit_file *files = NULL;
        size_t n = 0;
        int r = manager_get_unit_file_states(o->bus, all, &files, &n, error);

        for (size_t i = 0; i < n && r >= 0; i++)
                if (set_field(s, files[i].name, FIELD_FILE, files[i].state) < 0)
                        r = error_set_oom(error);
        manager_unit_files_free(files, n);
        return r;
}

static int read_links(struct operation *o, struct image_status *s, struct error *error)
{
        _cleanup_name_set_ struct name_set *enabled = NULL;
        int r = offline_enabled_read(o->root_fd, o->layout, &enabled, error);

        for (size_t i = 0; i < s->n && r >= 0; i++)
                for (size_t k = 0; k < s->items[i].n_units; k++) {
                        const char *name = s->items[i].units[k].name;

                        if (set_field(s, name, FIELD_FILE,
                                      name_set_contains(enabled, name) ? "enabled" : "disabled") < 0)
                                return error_set_oom(error);
                }
        return r;
}

/* The manager calls a unit disabled that only a link in an attach directory enables. */
static int count_own_links(struct operation *o, struct image_status *s, struct error *error)
{
        _cleanup_attached_links_ struct attached_links links = {};
        int r = attached_links_read(o->root_fd, o->layout, &links, error);

        for (size_t i = 0; i < s->n && r >= 0; i++)
                for (size_t k = 0; k < s->items[i].n_units; k++) {
                        struct status_unit *u = &s->items[i].units[k];
                        bool linked = false;

                        for (size_t l = 0; l < links.n && !linked; l++)
                                linked =
                                        attached_link_is_of(&links.items[l], s->items[i].directory, u->name);
                        if (!linked || unit_file_state_is_enabled(u->file_state))
                                continue;
                        free(u->file_state);
                        u->file_state = strdup(s->items[i].runtime ? "enabled-runtime" : "enabled");
                        if (!u->file_state)
                                return error_set_oom(error);
                }
        return r;
}

int status_read_states(struct operation *o, struct image_status *s, struct error *error)
{
        _cleanup_strv_ char **names = NULL, **templates = NULL, **all = NULL;
        int r;

        if (!o->bus)
                return read_links(o, s, error);
        for (size_t i = 0; i < s->n; i++)
                for (size_t k = 0; k < s->items[i].n_units; k++) {
                        const char *name = s->items[i].units[k].name;

                        if (strv_append(unit_name_is_template(name) ? &templates : &names, name) < 0 ||
                            strv_append(&all, name) < 0)
                                return error_set_oom(error);
                }
        if (!all)
                return 0;
        r = ask_active(o, s, names, templates, error);
        sort_instances(s);
        if (r >= 0)
                r = ask_file_states(o, s, all, error);
        if (r >= 0)
                r = count_own_links(o, s, error);
        for (size_t i = 0; i < s->n && r >= 0; i++)
                status_read_running(o, s->items + i);
        return r;
}
