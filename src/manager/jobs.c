/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/jobs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/strv.h"
#include "manager/call.h"

/* A job that ended before its path was known from the answer to the call. */
struct ended {
        char *path, *result;
};

struct manager_jobs {
        sd_bus *bus;
        sd_bus_slot *match;
        struct manager_job *items;
        size_t n;
        struct ended *ended;
        size_t n_ended;
        size_t unanswered;
        bool out_of_memory;
};

/* What an answer belongs to: items may move while calls are under way, the index stays. */
struct call {
        struct manager_jobs *jobs;
        size_t index;
};

static void job_clear(struct manager_job *job)
{
        free(job->unit);
        free(job->path);
        free(job->result);
        error_clear(&job->error);
}

struct manager_jobs *manager_jobs_free(struct manager_jobs *jobs)
{
        if (!jobs)
                return NULL;
        sd_bus_slot_unref(jobs->match);
        for (size_t i = 0; i < jobs->n; i++)
                job_clear(&jobs->items[i]);
        for (size_t i = 0; i < jobs->n_ended; i++) {
                free(jobs->ended[i].path);
                free(jobs->ended[i].result);
        }
        free(jobs->items);
        free(jobs->ended);
        sd_bus_unref(jobs->bus);
        free(jobs);
        return NULL;
}

void cleanup_manager_jobsp(struct manager_jobs **jobs)
{
        *jobs = manager_jobs_free(*jobs);
}

static int job_set_result(struct manager_jobs *jobs, const char *path, const char *result)
{
        struct ended *e;

        for (size_t i = 0; i < jobs->n; i++) {
                struct manager_job *job = &jobs->items[i];

                if (!job->path || job->result || strcmp(job->path, path) != 0)
                        continue;
                job->result = strdup(result);
                return job->result ? 0 : -ENOMEM;
        }
        if (jobs->unanswered == 0)
                return 0; /* somebody else's */
        if (array_grow((void **)&jobs->ended, jobs->n_ended, sizeof(*e)) < 0)
                return -ENOMEM;
        e = &jobs->ended[jobs->n_ended++];
        *e = (struct ended){strdup(path), strdup(result)};
        return e->path && e->result ? 0 : -ENOMEM;
}

static int on_job_removed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        struct manager_jobs *jobs = userdata;
        const char *path, *result;

        if (sd_bus_message_read(m, "uoss", NULL, &path, NULL, &result) < 0)
                return 0;
        if (job_set_result(jobs, path, result) < 0)
                jobs->out_of_memory = true;
        return 0;
}

int manager_jobs_new(sd_bus *bus, struct manager_jobs **ret, struct error *error)
{
        _cleanup_manager_jobs_ struct manager_jobs *jobs = calloc(1, sizeof(*jobs));
        int r;

        if (!jobs)
                return error_set_oom(error);
        jobs->bus = sd_bus_ref(bus);
        r = sd_bus_match_signal(bus, &jobs->match, MANAGER_BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE,
                                "JobRemoved", on_job_removed, jobs);
        if (r < 0)
                return error_set_errno(error, r, "Cannot watch the jobs of the service manager");
        *ret = steal_pointer(jobs);
        return 0;
}

static int job_add(struct manager_jobs *jobs, const char *verb, const char *unit)
{
        struct manager_job *job;

        if (array_grow((void **)&jobs->items, jobs->n, sizeof(*job)) < 0)
                return -ENOMEM;
        job = &jobs->items[jobs->n];
        *job = (struct manager_job){.unit = strdup(unit), .verb = verb};
        if (!job->unit)
                return -ENOMEM;
        jobs->n++;
        return 0;
}

static int job_set_path(struct manager_jobs *jobs, struct manager_job *job, const char *path)
{
        job->path = strdup(path);
        if (!job->path)
                return -ENOMEM;
        for (size_t i = 0; i < jobs->n_ended; i++)
                if (strcmp(jobs->ended[i].path, path) == 0) {
                        job->result = strdup(jobs->ended[i].result);
                        return job->result ? 0 : -ENOMEM;
                }
        return 0;
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        struct call *call = userdata;
        struct manager_jobs *jobs = call->jobs;
        struct manager_job *job = &jobs->items[call->index];
        const sd_bus_error *answer = sd_bus_message_get_error(m);
        const char *path;
        int r;

        jobs->unanswered--;
        if (answer) {
                manager_call_failed(&job->error, answer);
                return 0;
        }
        r = sd_bus_message_read(m, "o", &path);
        if (r < 0)
                manager_call_bad_answer(&job->error, r, "a job request");
        else if (job_set_path(jobs, job, path) < 0)
                jobs->out_of_memory = true;
        return 0;
}

static int submit_call(struct manager_jobs *jobs, const char *member, struct call *call)
{
        struct manager_job *job = &jobs->items[call->index];
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = manager_call_new(jobs->bus, member, &m, &job->error);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "ss", job->unit, "replace");
        if (r >= 0)
                r = sd_bus_call_async(jobs->bus, NULL, m, on_answer, call, UINT64_MAX);
        if (r < 0)
                return error_set_errno(&job->error, r, "Cannot call %s of the service manager", member);
        jobs->unanswered++;
        return 0;
}

/* Handles messages until nothing is awaited any more. */
static int jobs_process(struct manager_jobs *jobs, bool (*done)(const struct manager_jobs *jobs),
                        struct error *error)
{
        while (!done(jobs)) {
                int r = sd_bus_process(jobs->bus, NULL);

                if (r == 0)
                        r = sd_bus_wait(jobs->bus, UINT64_MAX);
                if (r < 0 && r != -EINTR)
                        return error_set_errno(error, r, "Lost the connection to the service manager");
                if (jobs->out_of_memory)
                        return error_set_oom(error);
        }
        return 0;
}

static bool all_answered(const struct manager_jobs *jobs)
{
        return jobs->unanswered == 0;
}

static bool all_ended(const struct manager_jobs *jobs)
{
        for (size_t i = 0; i < jobs->n; i++)
                if (jobs->items[i].path && !jobs->items[i].result)
                        return false;
        return true;
}

static int submit_each(struct manager_jobs *jobs, const char *verb, size_t first, struct error *error)
{
        const char *member = strcmp(verb, "start") == 0  ? "StartUnit"
                             : strcmp(verb, "stop") == 0 ? "StopUnit"
                                                         : "RestartUnit";
        _cleanup_free_ struct call *calls = calloc(jobs->n - first, sizeof(*calls));
        int r;

        if (!calls)
                return error_set_oom(error);
        for (size_t i = first; i < jobs->n; i++) {
                calls[i - first] = (struct call){jobs, i};
                submit_call(jobs, member, &calls[i - first]);
        }
        r = jobs_process(jobs, all_answered, error);
        if (r < 0) /* answers still under way must not find their call gone */
                sd_bus_close(jobs->bus);
        return r;
}

static struct manager_job *job_find(struct manager_jobs *jobs, size_t first, const char *unit)
{
        for (size_t i = first; i < jobs->n; i++)
                if (!jobs->items[i].path && strcmp(jobs->items[i].unit, unit) == 0)
                        return &jobs->items[i];
        return NULL;
}

/* a(uosos): number, job, unit, unit object, type. */
static int many_read(struct manager_jobs *jobs, size_t first, sd_bus_message *m)
{
        const char *path, *unit;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(uosos)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "(uosos)", NULL, &path, &unit, NULL, NULL)) > 0) {
                struct manager_job *job = job_find(jobs, first, unit);

                r = job ? job_set_path(jobs, job, path) : 0;
                if (r < 0)
                        return r;
        }
        return r;
}

/* Returns 0 if the manager did not take them all: nothing was started then. */
static int submit_many(struct manager_jobs *jobs, const char *verb, char *const *units, size_t first,
                       struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = manager_call_new(jobs->bus, "EnqueueUnitJobMany", &m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, (char **)units);
        if (r >= 0)
                r = sd_bus_message_append(m, "sst", verb, "replace", UINT64_C(0));
        if (r < 0)
                return error_set_oom(error);
        if (sd_bus_call(jobs->bus, m, UINT64_MAX, NULL, &reply) < 0)
                return 0;
        r = many_read(jobs, first, reply);
        return r < 0 ? manager_call_bad_answer(error, r, "EnqueueUnitJobMany") : 1;
}

int manager_jobs_submit(struct manager_jobs *jobs, const char *verb, char *const *units, struct error *error)
{
        size_t first = jobs->n, n = strv_length(units);
        int r = 0;

        for (size_t i = 0; i < n; i++)
                if (job_add(jobs, verb, units[i]) < 0)
                        return error_set_oom(error);
        if (n == 0)
                return 0;
        if (n > 1)
                r = submit_many(jobs, verb, units, first, error);
        if (r == 0)
                r = submit_each(jobs, verb, first, error);
        return r < 0 ? r : 0;
}

int manager_jobs_wait(struct manager_jobs *jobs, struct error *error)
{
        return jobs_process(jobs, all_ended, error);
}

const struct manager_job *manager_jobs_get(const struct manager_jobs *jobs, size_t *ret_n)
{
        *ret_n = jobs->n;
        return jobs->items;
}
