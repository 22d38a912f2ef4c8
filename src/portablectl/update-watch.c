/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "manager/health.h"
#include "manager/jobs.h"
#include "manager/manager.h"
#include "manager/pattern.h"
#include "portablectl/client.h"
#include "portablectl/update.h"

/* How often one looks while a unit is watched; a restart between two looks shows in the invocation. */
#define LOOK_NSEC 100000000L

#define ASK_USEC UINT64_C(30000000)

int update_note_states(struct client *client, const struct attached_index *index, struct update_record *r,
                       struct error *error)
{
        _cleanup_strv_ char **ours = NULL;
        int q = 0;

        for (size_t i = 0; i < index->n_units; i++)
                if (index->units[i].definition && strcmp(index->units[i].definition, r->name) == 0 &&
                    strv_append(&ours, index->units[i].name) < 0)
                        return error_set_oom(error);
        for (char **unit = ours; unit && *unit && q >= 0; unit++) {
                _cleanup_unit_health_ struct unit_health h = {};

                if (unit_name_is_template(*unit))
                        continue;
                q = manager_get_health(client->bus, *unit, ASK_USEC, &h, error);
                if (q < 0)
                        break;
                if (manager_active_state_is_active(h.active_state) && strv_append(&r->active, *unit) < 0)
                        return error_set_oom(error);
                if (strcmp(h.active_state, "failed") == 0 && strv_append(&r->failed, *unit) < 0)
                        return error_set_oom(error);
                for (char **needed = h.needed_by; needed && *needed; needed++)
                        if (!strv_contains(ours, *needed) && !strv_contains(r->dependents, *needed) &&
                            strv_append(&r->dependents, *needed) < 0)
                                return error_set_oom(error);
        }
        return q;
}

/* Why it is not well; NULL: it is. first: the invocation at the first look. */
static const char *judge(const char *unit, const struct unit_health *h, const char *first, bool ran_before)
{
        bool active = strcmp(h->active_state, "active") == 0 || strcmp(h->active_state, "reloading") == 0;
        bool service = string_ends_with(unit, ".service");

        if (*h->result && strcmp(h->result, "success") != 0)
                return h->result;
        if (!active && !h->condition && h->restarts == 0)
                return ran_before ? "skipped, as a condition does not hold" : NULL;
        if (service && strcmp(h->type, "oneshot") == 0)
                return strcmp(h->active_state, "failed") == 0 ? "failed" : NULL;
        if (service && (h->restarts > 0 || strcmp(h->invocation, first) != 0))
                return "restarted";
        if (service && !active && strcmp(h->active_state, "inactive") == 0)
                return "ended";
        return active ? NULL : h->active_state;
}

static int tell(const char *unit, const char *why, char **ret, struct error *error)
{
        return asprintf(ret, "%s: %s", unit, why) < 0 ? error_set_oom(error) : 0;
}

/* One look at all. firsts: room for the invocation of each at the first look. */
static int look(struct client *client, const struct update_record *r, char (*firsts)[SD_ID128_STRING_MAX],
                char **ret_why, struct error *error)
{
        for (size_t i = 0; r->started && r->started[i]; i++) {
                const char *unit = r->started[i], *why;
                _cleanup_unit_health_ struct unit_health h = {};
                int q;

                if (strv_contains(r->failed, unit))
                        continue;
                q = manager_get_health(client->bus, unit, ASK_USEC, &h, error);
                if (q < 0)
                        return q;
                if (!firsts[i][0])
                        memcpy(firsts[i], h.invocation, sizeof(firsts[i]));
                why = judge(unit, &h, firsts[i], strv_contains(r->active, unit));
                if (why)
                        return tell(unit, why, ret_why, error);
        }
        return 1;
}

/* The unit that checks: done, with its condition, and with success. */
static int run_check(struct client *client, const struct update_record *r, const struct wait *wait,
                     char **ret_why, struct error *error)
{
        _cleanup_manager_jobs_ struct manager_jobs *jobs = NULL;
        _cleanup_unit_health_ struct unit_health h = {};
        char *units[] = {r->health_unit, NULL};
        const struct manager_job *job;
        size_t n;
        int q = manager_keep_unit(client->bus, r->health_unit, error);

        if (q >= 0)
                q = manager_jobs_new(client->bus, wait, &jobs, error);
        if (q >= 0)
                q = manager_jobs_submit(jobs, "start", units, error);
        if (q >= 0)
                q = manager_jobs_wait(jobs, error);
        if (q == -ETIMEDOUT) {
                error_clear(error);
                return tell(r->health_unit, "not done in time", ret_why, error);
        }
        if (q >= 0)
                q = manager_get_health(client->bus, r->health_unit, ASK_USEC, &h, error);
        if (q < 0)
                return q;
        job = manager_jobs_get(jobs, &n);
        if (n == 0 || !job->result)
                return tell(r->health_unit, n > 0 ? error_message(&job->error) : "not started", ret_why,
                            error);
        if (strcmp(h.type, "oneshot") != 0)
                return tell(r->health_unit, "not of Type=oneshot", ret_why, error);
        if (!h.condition)
                return tell(r->health_unit, "skipped, as a condition does not hold", ret_why, error);
        if (strcmp(job->result, "done") != 0 || strcmp(h.result, "success") != 0)
                return tell(r->health_unit, strcmp(h.result, "success") != 0 ? h.result : job->result,
                            ret_why, error);
        return 1;
}

int update_watch(struct client *client, const struct update_record *r, char **ret_why, struct error *error)
{
        static const struct timespec pause = {.tv_nsec = LOOK_NSEC};
        uint64_t begun = clock_usec();
        const struct wait wait = {
                .deadline = r->health_timeout < UINT64_MAX - begun ? begun + r->health_timeout : UINT64_MAX};
        _cleanup_free_ char(*firsts)[SD_ID128_STRING_MAX] =
                calloc(strv_length(r->started) + 1, sizeof(*firsts));
        int q = firsts ? look(client, r, firsts, ret_why, error) : error_set_oom(error);

        if (q > 0 && r->health_unit)
                q = run_check(client, r, &wait, ret_why, error);
        begun = clock_usec();
        while (q > 0 && clock_usec() - begun < r->health) {
                nanosleep(&pause, NULL);
                q = look(client, r, firsts, ret_why, error);
        }
        return q;
}
