/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/jobs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/strv.h"
#include "manager/call.h"
#include "manager/wait.h"
#include "wire/error-names.h"

/* More are not named in a line. */
#define NAMED_MAX 3

/* A job that ended before its path was known from the answer to the call. */
struct ended {
        char *path, *result;
};

struct manager_jobs {
        sd_bus *bus;
        const struct wait *wait;
        sd_bus_slot *match;
        struct manager_job *items;
        size_t n;
        struct ended *ended;
        size_t n_ended;
        size_t unanswered;
        bool out_of_memory;
};

/* What an answer belongs to: items may move while calls are under way, the index stays. */
struct job_watch {
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

/* A job may be that of several entries: of a unit that was named twice, or by an alias, too. */
static int job_set_result(struct manager_jobs *jobs, const char *path, const char *result)
{
        struct ended *e;

        for (size_t i = 0; i < jobs->n; i++) {
                struct manager_job *job = &jobs->items[i];

                if (!job->path || job->result || strcmp(job->path, path) != 0)
                        continue;
                job->result = strdup(result);
                if (!job->result)
                        return -ENOMEM;
        }
        /* Answers that are under way may be about it, too. */
        if (jobs->unanswered == 0)
                return 0;
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

int manager_jobs_new(sd_bus *bus, const struct wait *wait, struct manager_jobs **ret, struct error *error)
{
        _cleanup_manager_jobs_ struct manager_jobs *jobs = calloc(1, sizeof(*jobs));
        int r;

        if (!jobs)
                return error_set_oom(error);
        jobs->bus = sd_bus_ref(bus);
        jobs->wait = wait;
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
        struct job_watch *call = userdata;
        struct manager_jobs *jobs = call->jobs;
        struct manager_job *job = &jobs->items[call->index];
        const sd_bus_error *answer = sd_bus_message_get_error(m);
        const char *path;
        int r;

        jobs->unanswered--;
        if (answer) {
                (void)error_from_bus(&job->error, answer, -sd_bus_error_get_errno(answer));
                return 0;
        }
        r = sd_bus_message_read(m, "o", &path);
        if (r < 0)
                manager_call_bad_answer(&job->error, r, "a job request");
        else if (job_set_path(jobs, job, path) < 0)
                jobs->out_of_memory = true;
        return 0;
}

static int submit_call(struct manager_jobs *jobs, const char *member, struct job_watch *call)
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

static bool all_answered(const void *subject)
{
        return ((const struct manager_jobs *)subject)->unanswered == 0;
}

static char *answer_describe(const void *subject)
{
        return strdup("the service manager to answer");
}

static bool is_pending(const struct manager_job *job)
{
        return job->path && !job->result;
}

static bool all_ended(const void *subject)
{
        const struct manager_jobs *jobs = subject;

        for (size_t i = 0; i < jobs->n; i++)
                if (is_pending(&jobs->items[i]))
                        return false;
        return true;
}

/* "'a.service', 'b.service' and 3 more to stop". */
static char *pending_describe(const void *subject)
{
        const struct manager_jobs *jobs = subject;
        _cleanup_strv_ char **names = NULL;
        _cleanup_free_ char *list = NULL, *more = NULL;
        const char *verb = "end";
        size_t n = 0;
        char *text;

        for (size_t i = 0; i < jobs->n; i++) {
                _cleanup_free_ char *quoted = NULL;

                if (!is_pending(&jobs->items[i]))
                        continue;
                verb = jobs->items[i].verb;
                if (n++ >= NAMED_MAX)
                        continue;
                if (asprintf(&quoted, "'%s'", jobs->items[i].unit) < 0) {
                        quoted = NULL;
                        return NULL;
                }
                if (strv_append(&names, quoted) < 0)
                        return NULL;
        }
        list = strv_join(names, ", ");
        if (!list || asprintf(&more, " and %zu more", n - strv_length(names)) < 0) {
                more = NULL;
                return NULL;
        }
        if (asprintf(&text, "%s%s to %s", list, n > NAMED_MAX ? more : "", verb) < 0)
                return NULL;
        return text;
}

static int jobs_process(struct manager_jobs *jobs, const struct awaited *awaited, struct error *error)
{
        int r = wait_for(jobs->bus, jobs->wait, awaited, error);

        return jobs->out_of_memory ? error_set_oom(error) : r;
}

/* A call for each that has no answer yet. */
static int submit_each(struct manager_jobs *jobs, const char *verb, size_t first, struct error *error)
{
        const char *member = strcmp(verb, "start") == 0  ? "StartUnit"
                             : strcmp(verb, "stop") == 0 ? "StopUnit"
                                                         : "RestartUnit";
        _cleanup_free_ struct job_watch *calls = calloc(jobs->n - first, sizeof(*calls));
        int r;

        if (!calls)
                return error_set_oom(error);
        for (size_t i = first; i < jobs->n; i++) {
                if (jobs->items[i].path)
                        continue;
                calls[i - first] = (struct job_watch){jobs, i};
                submit_call(jobs, member, &calls[i - first]);
        }
        r = jobs_process(jobs, &(struct awaited){all_answered, answer_describe, jobs}, error);
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

/* One call for all entries from first on. */
struct many_call {
        struct manager_jobs *jobs;
        size_t first;
        int r; /* of reading the answer */
};

/* If the manager does not take them all, nothing was started. */
static int on_many(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        struct many_call *call = userdata;

        call->jobs->unanswered--;
        if (!sd_bus_message_is_method_error(m, NULL))
                call->r = many_read(call->jobs, call->first, m);
        return 0;
}

static int submit_many(struct manager_jobs *jobs, const char *verb, char *const *units, size_t first,
                       struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_(sd_bus_slot_unrefp) sd_bus_slot *slot = NULL;
        struct many_call call = {.jobs = jobs, .first = first};
        int r;

        r = manager_call_new(jobs->bus, "EnqueueUnitJobMany", &m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, (char **)units);
        if (r >= 0)
                r = sd_bus_message_append(m, "sst", verb, "replace", UINT64_C(0));
        if (r < 0)
                return error_set_oom(error);
        r = sd_bus_call_async(jobs->bus, &slot, m, on_many, &call, UINT64_MAX);
        if (r < 0)
                return error_set_errno(error, r, "Cannot call EnqueueUnitJobMany of the service manager");
        jobs->unanswered++;
        r = jobs_process(jobs, &(struct awaited){all_answered, answer_describe, jobs}, error);
        if (r < 0)
                return r;
        return call.r < 0 ? manager_call_bad_answer(error, call.r, "EnqueueUnitJobMany") : 0;
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
        /* All of them, or those that were named twice or by an alias. */
        return r < 0 ? r : submit_each(jobs, verb, first, error);
}

int manager_jobs_wait(struct manager_jobs *jobs, struct error *error)
{
        return jobs_process(jobs, &(struct awaited){all_ended, pending_describe, jobs}, error);
}

const struct manager_job *manager_jobs_get(const struct manager_jobs *jobs, size_t *ret_n)
{
        *ret_n = jobs->n;
        return jobs->items;
}
