/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/fake.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARED_JOB "/org/freedesktop/systemd1/job/900"
#define INTERFACE  "org.freedesktop.systemd1.Manager"

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "s", "252.39-1~deb12u2");
}

static int get_unit_path(sd_bus *bus, const char *path, const char *interface, const char *property,
                         sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "as", 2, "/etc/systemd/system.attached",
                                     "/usr/lib/systemd/system");
}

static int on_reload(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, NULL);
}

static int append_unit(sd_bus_message *reply, const char *name)
{
        const char *state = strcmp(name, "running.service") == 0 ? "active"
                            : strcmp(name, "fails.service") == 0 ? "failed"
                                                                 : "inactive";

        return sd_bus_message_append(reply, "(ssssssouso)", name, "", "loaded", state, "", "", "/u", 0, "",
                                     "/");
}

static int on_list_by_names(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        sd_bus_message *reply;
        char **names;

        if (sd_bus_message_read_strv(m, &names) < 0 || sd_bus_message_new_method_return(m, &reply) < 0)
                return -EINVAL;
        sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
        for (size_t i = 0; names && names[i]; i++) {
                append_unit(reply, names[i]);
                free(names[i]);
        }
        free(names);
        sd_bus_message_close_container(reply);
        sd_bus_send(NULL, reply, NULL);
        sd_bus_message_unref(reply);
        return 1;
}

/* Answers with the patterns themselves, so that a test sees what was asked for. */
static int on_list_by_patterns(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        sd_bus_message *reply;
        char **patterns;

        if (sd_bus_message_skip(m, "as") < 0 || sd_bus_message_read_strv(m, &patterns) < 0 ||
            sd_bus_message_new_method_return(m, &reply) < 0)
                return -EINVAL;
        sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
        for (size_t i = 0; patterns && patterns[i]; i++) {
                append_unit(reply, patterns[i]);
                free(patterns[i]);
        }
        free(patterns);
        sd_bus_message_close_container(reply);
        sd_bus_send(NULL, reply, NULL);
        sd_bus_message_unref(reply);
        return 1;
}

static int on_list_files(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "a(ss)", 2, "/etc/systemd/system.attached/a.service", "enabled",
                                          "/usr/lib/systemd/system/b.service", "static");
}

static int on_enable(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *file;
        uint64_t flags;
        char text[32];

        if (sd_bus_message_read(m, "as", 1, &file) < 0 || sd_bus_message_read(m, "t", &flags) < 0)
                return -EINVAL;
        snprintf(text, sizeof(text), "flags %u", (unsigned)flags);
        return sd_bus_reply_method_return(m, "ba(sss)", true, 1, "symlink", text, file);
}

static int on_disable(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "a(sss)", 1, "unlink", "/link", "");
}

static int on_clean(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *unit, *what;

        if (sd_bus_message_read(m, "s", &unit) < 0 || sd_bus_message_enter_container(m, 'a', "s") < 0)
                return -EINVAL;
        while (sd_bus_message_read(m, "s", &what) > 0)
                if (strcmp(what, "fdstore") == 0)
                        return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "No such resource");
        if (strcmp(unit, "nothing.service") == 0)
                return sd_bus_error_set(error, "org.freedesktop.systemd1.NothingToClean",
                                        "Nothing to clean");
        if (strcmp(unit, "running.service") == 0)
                return sd_bus_error_set(error, "org.freedesktop.systemd1.UnitBusy", "It is busy");
        return sd_bus_reply_method_return(m, NULL);
}

static void emit_removed(sd_bus *bus, unsigned number, const char *job, const char *unit)
{
        sd_bus_emit_signal(bus, "/org/freedesktop/systemd1", INTERFACE, "JobRemoved", "uoss", number, job,
                           unit, strcmp(unit, "fails.service") == 0 ? "failed" : "done");
}

static int on_unit_job(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct fake_state *state = userdata;
        sd_bus *bus = sd_bus_message_get_bus(m);
        const char *unit, *mode;
        char job[64];

        if (sd_bus_message_read(m, "ss", &unit, &mode) < 0 || strcmp(mode, "replace") != 0)
                return -EINVAL;
        if (strcmp(unit, "unknown.service") == 0)
                return sd_bus_error_setf(error, "org.freedesktop.systemd1.NoSuchUnit", "Unit %s not loaded.",
                                         unit);
        if (strcmp(unit, "shared.service") == 0) {
                sd_bus_reply_method_return(m, "o", SHARED_JOB);
                if (++state->shared % 2 == 0)
                        emit_removed(bus, 900, SHARED_JOB, unit);
                return 1;
        }
        snprintf(job, sizeof(job), "/org/freedesktop/systemd1/job/%u", ++state->jobs);
        if (strcmp(unit, "early.service") == 0) {
                emit_removed(bus, state->jobs, job, unit);
                return sd_bus_reply_method_return(m, "o", job);
        }
        sd_bus_reply_method_return(m, "o", job);
        if (strcmp(unit, "never.service") == 0)
                return 1;
        emit_removed(bus, state->jobs, job, unit);
        return 1;
}

/* All or nothing. */
static int on_many(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct fake_state *state = userdata;
        sd_bus *bus = sd_bus_message_get_bus(m);
        sd_bus_message *reply;
        char **units, job[64];
        unsigned first = state->jobs + 1;

        if (sd_bus_message_read_strv(m, &units) < 0 || sd_bus_message_new_method_return(m, &reply) < 0)
                return -EINVAL;
        for (size_t i = 0; units[i]; i++)
                if (strcmp(units[i], "unknown.service") == 0)
                        return sd_bus_error_set(error, "org.freedesktop.systemd1.NoSuchUnit", "Not loaded.");
        sd_bus_message_open_container(reply, 'a', "(uosos)");
        for (size_t i = 0; units[i]; i++) {
                if (strcmp(units[i], "shared.service") == 0) {
                        if (state->shared++ == 0)
                                sd_bus_message_append(reply, "(uosos)", 900, SHARED_JOB, units[i], "/u",
                                                      "stop");
                        else
                                state->shared = 1;
                        state->jobs++;
                        continue;
                }
                snprintf(job, sizeof(job), "/org/freedesktop/systemd1/job/%u", ++state->jobs);
                sd_bus_message_append(reply, "(uosos)", state->jobs, job, units[i], "/u", "start");
        }
        sd_bus_message_close_container(reply);
        sd_bus_send(NULL, reply, NULL);
        sd_bus_message_unref(reply);
        for (size_t i = 0; units[i]; i++) {
                if (strcmp(units[i], "shared.service") == 0)
                        continue;
                snprintf(job, sizeof(job), "/org/freedesktop/systemd1/job/%u", first + (unsigned)i);
                emit_removed(bus, first + (unsigned)i, job, units[i]);
        }
        return 1;
}

#define COMMON_MEMBERS \
        SD_BUS_PROPERTY("Version", "s", get_version, 0, 0), \
                SD_BUS_PROPERTY("UnitPath", "as", get_unit_path, 0, 0), \
                SD_BUS_METHOD("Reload", "", "", on_reload, 0), \
                SD_BUS_METHOD("ListUnitsByNames", "as", "a(ssssssouso)", on_list_by_names, 0), \
                SD_BUS_METHOD("ListUnitsByPatterns", "asas", "a(ssssssouso)", on_list_by_patterns, 0), \
                SD_BUS_METHOD("ListUnitFilesByPatterns", "asas", "a(ss)", on_list_files, 0), \
                SD_BUS_METHOD("EnableUnitFilesWithFlags", "ast", "ba(sss)", on_enable, 0), \
                SD_BUS_METHOD("DisableUnitFilesWithFlags", "ast", "a(sss)", on_disable, 0), \
                SD_BUS_METHOD("CleanUnit", "sas", "", on_clean, 0), \
                SD_BUS_METHOD("StartUnit", "ss", "o", on_unit_job, 0), \
                SD_BUS_METHOD("StopUnit", "ss", "o", on_unit_job, 0), \
                SD_BUS_METHOD("RestartUnit", "ss", "o", on_unit_job, 0)

const sd_bus_vtable fake_manager[] = {SD_BUS_VTABLE_START(SD_BUS_VTABLE_UNPRIVILEGED), COMMON_MEMBERS,
                                      SD_BUS_VTABLE_END};

const sd_bus_vtable fake_manager_many[] = {
        SD_BUS_VTABLE_START(SD_BUS_VTABLE_UNPRIVILEGED), COMMON_MEMBERS,
        SD_BUS_METHOD("EnqueueUnitJobMany", "assst", "a(uosos)", on_many, 0), SD_BUS_VTABLE_END};
