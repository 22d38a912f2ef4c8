/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/current.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "manager/call.h"
#include "manager/pattern.h"
#include "manager/wait.h"

#define UNITS_PATH     "/org/freedesktop/systemd1/unit"
#define UNIT_INTERFACE "org.freedesktop.systemd1.Unit"

/* The instance of a template that is loaded to see what comes of it. */
#define PROBE "portabled"

struct unit_question {
        struct inquiry *inquiry;
        const struct manager_expected *unit;
        char *name; /* of the unit that is loaded */
        sd_bus_slot *get, *load;
};

struct inquiry {
        struct unit_question *questions;
        size_t n;
        sd_bus_slot *instances;
        size_t open; /* not answered yet */
        bool current;
};

static void inquiry_clear(struct inquiry *q)
{
        for (size_t i = 0; q->questions && i < q->n; i++) {
                sd_bus_slot_unref(q->questions[i].get);
                sd_bus_slot_unref(q->questions[i].load);
                free(q->questions[i].name);
        }
        free(q->questions);
        sd_bus_slot_unref(q->instances);
}

/* The first answer that is not as expected settles it: the rest is not waited for. */
static int settle(struct inquiry *q, bool as_expected)
{
        q->open--;
        q->current = q->current && as_expected;
        return 1;
}

static int on_unit(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
        return settle(userdata, sd_bus_message_is_method_error(m, "org.freedesktop.systemd1.NoSuchUnit"));
}

static int on_instances(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
        bool none = !sd_bus_message_is_method_error(m, NULL) &&
                    sd_bus_message_enter_container(m, 'a', "(ssssssouso)") > 0 &&
                    sd_bus_message_at_end(m, false) > 0;

        return settle(userdata, none);
}

/* What an answer says of a unit. */
struct unit_properties {
        const char *id, *load_state, *fragment;
        char **names, **dropins;
        int stale; /* negative: not said */
};

static void unit_properties_clear(struct unit_properties *p)
{
        strv_free(p->names);
        strv_free(p->dropins);
}

static int read_property(sd_bus_message *m, const char *name, void *userdata)
{
        struct unit_properties *p = userdata;

        if (strcmp(name, "Id") == 0)
                return sd_bus_message_read(m, "v", "s", &p->id);
        if (strcmp(name, "LoadState") == 0)
                return sd_bus_message_read(m, "v", "s", &p->load_state);
        if (strcmp(name, "FragmentPath") == 0)
                return sd_bus_message_read(m, "v", "s", &p->fragment);
        if (strcmp(name, "NeedDaemonReload") == 0)
                return sd_bus_message_read(m, "v", "b", &p->stale);
        if (strcmp(name, "Names") == 0)
                return manager_read_list(m, &p->names);
        if (strcmp(name, "DropInPaths") == 0)
                return manager_read_list(m, &p->dropins);
        return sd_bus_message_skip(m, "v");
}

/* A drop-in of all units of a type, as in "service.d/10-timeout.conf". */
static bool is_of_type(const char *path, const char *unit)
{
        _cleanup_free_ char *directory = path_directory(path);
        const char *type = strrchr(unit, '.'), *base = directory ? path_base(directory) : "";

        return type && string_starts_with(base, type + 1) && strcmp(base + strlen(type + 1), ".d") == 0;
}

static bool has_dropins(char *const *there, char *const *expected, const char *unit)
{
        size_t own = 0;

        for (; there && *there; there++)
                if (strv_contains(expected, *there))
                        own++;
                else if (!is_of_type(*there, unit))
                        return false;
        return own == strv_length(expected);
}

static bool is_as_expected(const struct unit_properties *p, const struct unit_question *q)
{
        const struct manager_expected *unit = q->unit;

        /* An alias shows what another unit is. */
        if (!p->id || !p->load_state || !p->fragment || p->stale != 0 || strcmp(p->id, q->name) != 0 ||
            strv_length(p->names) != 1 || strcmp(p->names[0], q->name) != 0)
                return false;
        if (!unit->fragment)
                return strcmp(p->load_state, "not-found") == 0 && !*p->fragment;
        return strcmp(p->load_state, "loaded") == 0 && strcmp(p->fragment, unit->fragment) == 0 &&
               has_dropins(p->dropins, unit->dropins, q->name);
}

static int on_properties(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
        _cleanup_(unit_properties_clear) struct unit_properties p = {.stale = -1};
        struct unit_question *q = userdata;
        bool good = !sd_bus_message_is_method_error(m, NULL) &&
                    manager_read_properties(m, read_property, &p) >= 0 && is_as_expected(&p, q);

        return settle(q->inquiry, good);
}

/* Negative: it cannot be asked, whatever the reason. */
static int ask_unit(sd_bus *bus, struct unit_question *question)
{
        int r = sd_bus_call_method_async(bus, &question->get, MANAGER_BUS_NAME, MANAGER_PATH,
                                         MANAGER_INTERFACE, "GetUnit", on_unit, question->inquiry, "s",
                                         question->unit->unit);

        question->inquiry->open += r >= 0;
        return r;
}

static int ask_instances(sd_bus *bus, struct inquiry *q, char *const *patterns)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_method_call(bus, &m, MANAGER_BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE,
                                               "ListUnitsByPatterns");

        if (r >= 0)
                r = sd_bus_message_append_strv(m, NULL);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **)patterns);
        if (r >= 0)
                r = sd_bus_call_async(bus, &q->instances, m, on_instances, q, UINT64_MAX);
        q->open += r >= 0;
        return r;
}

/* An object of a unit that is not loaded loads it. All properties, as they have to be those of one load. */
static int ask_properties(sd_bus *bus, struct unit_question *question)
{
        _cleanup_free_ char *path = NULL;
        int r = sd_bus_path_encode(UNITS_PATH, question->name, &path);

        if (r >= 0)
                r = sd_bus_call_method_async(bus, &question->load, MANAGER_BUS_NAME, path,
                                             "org.freedesktop.DBus.Properties", "GetAll", on_properties,
                                             question, "s", UNIT_INTERFACE);
        question->inquiry->open += r >= 0;
        return r;
}

/* "a@portabled.service" for "a@.service". */
static char *instance_to_try(const char *template_name)
{
        const char *at = strchr(template_name, '@');
        char *name;

        return asprintf(&name, "%.*s@" PROBE "%s", (int)(at - template_name), template_name, at + 1) < 0
                       ? NULL
                       : name;
}

static int ask_what_is_loaded(sd_bus *bus, struct inquiry *q)
{
        _cleanup_strv_ char **patterns = NULL;
        int r = 0;

        for (size_t i = 0; i < q->n && r >= 0; i++) {
                const char *unit = q->questions[i].unit->unit;

                if (unit_name_is_template(unit))
                        r = strv_consume(&patterns, pattern_for_instances(unit));
                else
                        r = ask_unit(bus, &q->questions[i]);
        }
        return r < 0 || !patterns ? r : ask_instances(bus, q, patterns);
}

static int ask_all(sd_bus *bus, struct inquiry *q)
{
        int r = ask_what_is_loaded(bus, q);

        for (size_t i = 0; i < q->n && r >= 0; i++) {
                const char *unit = q->questions[i].unit->unit;

                q->questions[i].name = unit_name_is_template(unit) ? instance_to_try(unit) : strdup(unit);
                r = q->questions[i].name ? ask_properties(bus, &q->questions[i]) : -ENOMEM;
        }
        return r;
}

static bool is_settled(const void *subject)
{
        const struct inquiry *q = subject;

        return q->open == 0 || !q->current;
}

static char *describe(const void *subject)
{
        return strdup("the service manager to load the units");
}

int manager_is_current(sd_bus *bus, const struct wait *wait, const struct manager_expected *units, size_t n,
                       struct error *error)
{
        _cleanup_(inquiry_clear) struct inquiry q = {.n = n, .current = true};
        int r;

        if (n == 0 || n > MANAGER_EXPECTED_MAX)
                return 0;
        q.questions = calloc(n, sizeof(*q.questions));
        if (!q.questions)
                return 0;
        for (size_t i = 0; i < n; i++)
                q.questions[i] = (struct unit_question){.inquiry = &q, .unit = units + i};
        if (ask_all(bus, &q) < 0)
                return 0;
        r = wait_for(bus, wait, &(struct awaited){is_settled, describe, &q}, error);
        return r < 0 ? r : q.current;
}
