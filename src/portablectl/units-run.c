/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "manager/jobs.h"
#include "manager/manager.h"
#include "manager/pattern.h"
#include "portablectl/client.h"
#include "portablectl/report.h"
#include "portablectl/units.h"

static const char *verb_method(const char *verb)
{
        return strcmp(verb, "start") == 0  ? "StartUnit"
               : strcmp(verb, "stop") == 0 ? "StopUnit"
                                           : "RestartUnit";
}

/* Adds the instances of the templates among names. */
static int add_instances(struct client *client, char *const *names, bool all, char ***l, struct error *error)
{
        struct manager_unit_state *states = NULL;
        size_t n = 0;
        int r;

        r = manager_get_instance_states(client->bus, names, all, &states, &n, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n && r >= 0; i++)
                if (!strv_contains(*l, states[i].name)) /* the image may bring it, too */
                        r = strv_append(l, states[i].name);
        manager_unit_states_free(states, n);
        return r < 0 ? error_set_oom(error) : 0;
}

int units_expand(struct client *client, char *const *units, enum units_instances instances, char ***ret,
                 struct error *error)
{
        _cleanup_strv_ char **plain = NULL, **templates = NULL;
        int r;

        for (size_t i = 0; units && units[i]; i++) {
                const char *name = path_base(units[i]);

                if (strv_append(unit_name_is_template(name) ? &templates : &plain, name) < 0)
                        return error_set_oom(error);
        }
        if (templates && instances != INSTANCES_NONE) {
                r = add_instances(client, templates, instances == INSTANCES_KNOWN, &plain, error);
                if (r < 0)
                        return r;
        }
        units_sort(plain);
        *ret = steal_pointer(plain);
        return 0;
}

/* A unit to stop that the manager does not even know does not run. */
static bool job_is_needless(const struct manager_job *job)
{
        return strcmp(job->verb, "stop") == 0 && job->error.kind == ERROR_NO_SUCH_UNIT;
}

static int report_queued(const struct client *client, const struct manager_job *jobs, size_t n)
{
        int r = 0;

        for (size_t i = 0; i < n; i++) {
                _cleanup_error_ struct error error = {};
                _cleanup_free_ char *line = NULL;
                const char *method = verb_method(jobs[i].verb);

                if (jobs[i].path && client->options->quiet)
                        continue;
                if (jobs[i].path) {
                        if (asprintf(&line, "Queued %s to call %s on portable service %s.", jobs[i].path,
                                     method, jobs[i].unit) < 0)
                                line = NULL;
                        if (line)
                                report_note(client, line);
                } else if (!job_is_needless(&jobs[i])) {
                        error_set(&error, jobs[i].error.kind, jobs[i].error.errnum,
                                  "Failed to call %s on the portable service %s: %s", method, jobs[i].unit,
                                  error_message(&jobs[i].error));
                        r = report_unit_failure(client, jobs[i].unit, &error);
                }
        }
        return r;
}

static int report_ended(const struct client *client, const struct manager_job *jobs, size_t n)
{
        const char *option = layout_option(client->layout);
        int r = 0;

        for (size_t i = 0; i < n; i++) {
                _cleanup_error_ struct error error = {};

                if (!jobs[i].result || strcmp(jobs[i].result, "done") == 0 ||
                    strcmp(jobs[i].result, "skipped") == 0)
                        continue;
                error_set(&error, ERROR_FAILED, EIO,
                          "Cannot %s portable service %s (%s); see \"systemctl%s status %s\" and "
                          "\"journalctl%s -xeu %s\" for details",
                          jobs[i].verb, jobs[i].unit, jobs[i].result, option, jobs[i].unit, option,
                          jobs[i].unit);
                r = report_unit_failure(client, jobs[i].unit, &error);
        }
        return r;
}

static int run_names(struct client *client, const char *verb, char *const *names, bool wait,
                     struct error *error)
{
        _cleanup_manager_jobs_ struct manager_jobs *jobs = NULL;
        const struct manager_job *items;
        size_t n;
        int r, failed;

        if (strv_length(names) == 0)
                return 0;
        r = manager_jobs_new(client->bus, &client->wait, &jobs, error);
        if (r >= 0)
                r = manager_jobs_submit(jobs, verb, names, error);
        if (r < 0)
                return r;
        items = manager_jobs_get(jobs, &n);
        failed = report_queued(client, items, n);
        if (!wait)
                return failed;
        r = manager_jobs_wait(jobs, error);
        if (r < 0)
                return r;
        items = manager_jobs_get(jobs, &n);
        r = report_ended(client, items, n);
        return failed < 0 ? failed : r;
}

int units_run(struct client *client, const char *verb, char *const *units, bool wait, struct error *error)
{
        bool start = strcmp(verb, "start") == 0;
        _cleanup_strv_ char **names = NULL;
        int r;

        r = units_expand(client, units, start ? INSTANCES_NONE : INSTANCES_ACTIVE, &names, error);
        return r < 0 ? r : run_names(client, verb, names, wait, error);
}

/* What the old version did to its start limit is not the new one's fault. */
static void forget_failures(struct client *client, char *const *units)
{
        for (; units && *units; units++) {
                _cleanup_error_ struct error unknown = {};

                (void)manager_reset_failed(client->bus, path_base(*units), &unknown);
        }
}

int units_run_anew(struct client *client, const char *verb, char *const *units, struct error *error)
{
        if (strcmp(verb, "stop") != 0)
                forget_failures(client, units);
        return units_run(client, verb, units, true, error);
}

/* What the timers, sockets and paths among the names start. */
static int list_triggered(struct client *client, char *const *names, char ***ret, struct error *error)
{
        for (; names && *names; names++) {
                _cleanup_strv_ char **triggers = NULL;
                int r;

                if (string_ends_with(*names, ".service") || string_ends_with(*names, ".target"))
                        continue;
                r = manager_get_triggers(client->bus, *names, &triggers, error);
                for (char **t = triggers; r >= 0 && t && *t; t++)
                        if (strv_append(ret, *t) < 0)
                                r = error_set_oom(error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int list_active(struct client *client, char *const *names, char ***ret, struct error *error)
{
        struct manager_unit_state *states = NULL;
        size_t n = 0;
        int r = manager_get_unit_states(client->bus, names, &states, &n, error);

        for (size_t i = 0; i < n && r >= 0; i++)
                if (manager_active_state_is_active(states[i].active_state) &&
                    strv_append(ret, states[i].name) < 0)
                        r = error_set_oom(error);
        manager_unit_states_free(states, n);
        return r;
}

int units_restart(struct client *client, char *const *units, bool wait, struct error *error)
{
        _cleanup_strv_ char **names = NULL, **active = NULL, **triggered = NULL, **wanted = NULL;
        int r;

        r = units_expand(client, units, INSTANCES_ACTIVE, &names, error);
        if (r >= 0)
                r = list_active(client, names, &active, error);
        if (r >= 0)
                r = list_triggered(client, names, &triggered, error);
        if (r < 0)
                return r;
        forget_failures(client, names);
        for (char **name = names; name && *name; name++)
                if ((strv_contains(active, *name) || !strv_contains(triggered, *name)) &&
                    strv_append(&wanted, *name) < 0)
                        return error_set_oom(error);
        return run_names(client, "restart", wanted, wait, error);
}
