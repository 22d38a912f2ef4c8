/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "manager/call.h"
#include "manager/pattern.h"

struct name_entry {
        UT_hash_handle hh;
        char name[];
};

struct name_set {
        struct name_entry *entries;
};

struct name_set *name_set_new(void)
{
        return calloc(1, sizeof(struct name_set));
}

struct name_set *name_set_free(struct name_set *s)
{
        struct name_entry *e, *next;

        if (!s)
                return NULL;
        HASH_ITER (hh, s->entries, e, next) {
                HASH_DEL(s->entries, e);
                free(e);
        }
        free(s);
        return NULL;
}

bool name_set_contains(const struct name_set *s, const char *name)
{
        struct name_entry *e;

        HASH_FIND(hh, s->entries, name, strlen(name), e);
        return e;
}

int name_set_add(struct name_set *s, const char *name)
{
        size_t n = strlen(name);
        struct name_entry *e;

        if (name_set_contains(s, name))
                return 0;
        e = malloc(sizeof(*e) + n + 1);
        if (!e)
                return -ENOMEM;
        memcpy(e->name, name, n + 1);
        HASH_ADD_KEYPTR(hh, s->entries, e->name, n, e);
        return 0;
}

int name_set_add_unit(struct name_set *s, const char *name)
{
        const char *at = strchr(name, '@'), *dot = strrchr(name, '.');
        char template[256];
        int r;

        r = name_set_add(s, name);
        if (r < 0 || !at || !dot || dot <= at + 1 || strlen(name) >= sizeof(template))
                return r;
        memcpy(template, name, (size_t)(at - name) + 1);
        strcpy(template + (at - name) + 1, dot);
        return name_set_add(s, template);
}

int name_set_list_instances(const struct name_set *s, const char *template_name, char ***ret)
{
        _cleanup_strv_ char **names = NULL;
        const char *at = strchr(template_name, '@');
        size_t stem = at ? (size_t)(at - template_name) + 1 : 0;
        struct name_entry *e, *next;

        *ret = NULL;
        if (!at)
                return 0;
        HASH_ITER (hh, s->entries, e, next) {
                size_t n = strlen(e->name), suffix = strlen(at + 1);

                if (n > stem + suffix && strncmp(e->name, template_name, stem) == 0 &&
                    strcmp(e->name + n - suffix, at + 1) == 0 && strv_append(&names, e->name) < 0)
                        return -ENOMEM;
        }
        strv_sort(names);
        *ret = steal_pointer(names);
        return 0;
}

static int read_units(sd_bus_message *m, struct name_set *s)
{
        const char *name;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(ssssssouso)");
        while (r >= 0) {
                r = sd_bus_message_read(m, "(ssssssouso)", &name, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                                        NULL, NULL);
                if (r == 0)
                        return 0;
                if (r > 0)
                        r = name_set_add_unit(s, name);
        }
        return r;
}

/* The same states for both methods. */
static int append_active_states(sd_bus_message *m)
{
        static const char *const states[] = {"active",       "reloading",   "activating",
                                             "deactivating", "maintenance", "refreshing"};
        int r = sd_bus_message_open_container(m, 'a', "s");

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(states); i++)
                r = sd_bus_message_append(m, "s", states[i]);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_patterns(sd_bus_message *m, char *const *names)
{
        int r = sd_bus_message_open_container(m, 'a', "s");

        for (; r >= 0 && *names; names++) {
                _cleanup_free_ char *pattern = unit_name_is_template(*names) ? pattern_for_instances(*names)
                                                                             : pattern_for_name(*names);

                r = pattern ? sd_bus_message_append(m, "s", pattern) : -ENOMEM;
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int manager_list_active(sd_bus *bus, char *const *names, struct name_set **ret, struct error *error)
{
        size_t n = strv_length(names);
        bool some = n > 0 && n <= MANAGER_PATTERNS_MAX;
        const char *method = some ? "ListUnitsByPatterns" : "ListUnitsFiltered";
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_name_set_ struct name_set *s = name_set_new();
        int r;

        if (!s)
                return error_set_oom(error);
        r = manager_call_new(bus, method, &m, error);
        if (r < 0)
                return r;
        r = append_active_states(m);
        if (r >= 0 && some)
                r = append_patterns(m, names);
        if (r < 0)
                return manager_call_bad_answer(error, r, method);
        r = manager_call_send(bus, m, 0, &reply, error);
        if (r < 0)
                return r;
        r = read_units(reply, s);
        if (r < 0)
                return manager_call_bad_answer(error, r, method);
        *ret = steal_pointer(s);
        return 0;
}
