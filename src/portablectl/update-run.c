/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "manager/jobs.h"
#include "operation/check.h"
#include "plan/change.h"
#include "portablectl/bus.h"
#include "portablectl/client.h"
#include "portablectl/here.h"
#include "portablectl/units.h"
#include "portablectl/update-log.h"
#include "portablectl/update.h"

#define CUT_SHORT "It was cut short"

#define GUARD_UNIT "portable-update-finish.path"

static int read_boot(char **ret, struct error *error)
{
        char text[SD_ID128_STRING_MAX];
        sd_id128_t id;
        int r = sd_id128_get_boot(&id);

        if (r < 0)
                return error_set_errno(error, r, "Cannot read the id of this boot");
        *ret = strdup(sd_id128_to_string(id, text));
        return *ret ? 0 : error_set_oom(error);
}

/* All that belongs to a unit, whether it is reported or not. */
static int add_unit_paths(struct change_list *l, const char *path)
{
        static const char *const parts[] = {"", ".d", ".d/10-profile.conf", ".d/20-portable.conf"};

        for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
                _cleanup_free_ char *part = NULL;

                if (asprintf(&part, "%s%s", path, parts[i]) < 0) {
                        part = NULL;
                        return -ENOMEM;
                }
                if (!change_list_add(l, CHANGE_UNLINK, part, NULL))
                        return -ENOMEM;
        }
        return 0;
}

static int add_units_of_changes(const struct client *client, const struct change_list *changes, bool removed,
                                struct change_list *l, struct error *error)
{
        _cleanup_strv_ char **units = NULL;
        int r = units_from_changes(client->layout, changes, removed, &units, error);

        for (char **unit = units; r >= 0 && unit && *unit; unit++)
                if (add_unit_paths(l, *unit) < 0)
                        r = error_set_oom(error);
        return r;
}

/* Everything that the change writes or removes, in the order in which it is made. */
static int keep_files(struct client *client, int root_fd, const struct apply *a, struct update_record *r,
                      struct error *error)
{
        const struct operation_result *outcome = &a->items->outcome;
        _cleanup_changes_ struct change_list l = {};
        int q = add_units_of_changes(client, &outcome->updated, false, &l, error);

        if (q >= 0)
                q = add_units_of_changes(client, &outcome->removed, true, &l, error);
        for (size_t i = 0; i < a->index.n_units && q >= 0; i++) {
                const struct attached_unit *u = a->index.units + i;
                _cleanup_free_ char *path = path_join(u->directory, u->name);

                if (!path)
                        q = error_set_oom(error);
                else if (u->definition && strcmp(u->definition, r->name) == 0 &&
                         add_unit_paths(&l, path) < 0)
                        q = error_set_oom(error);
        }
        if (q >= 0)
                q = record_keep_files(r, root_fd, client->layout, &outcome->updated, error);
        if (q >= 0)
                q = record_keep_files(r, root_fd, client->layout, &outcome->removed, error);
        return q < 0 ? q : record_keep_files(r, root_fd, client->layout, &l, error);
}

static int fill_record(struct client *client, int root_fd, const struct apply *a, struct update_record *r,
                       struct error *error)
{
        const struct definition *d = a->items->definition;
        int q;

        r->health = d->health;
        r->health_timeout = d->health_timeout;
        r->no_rollback = !d->rollback;
        r->runtime = d->runtime;
        r->tries = d->tries;
        r->health_unit = d->health_unit ? strdup(d->health_unit) : NULL;
        if ((d->health_unit && !r->health_unit) || strv_copy(a->items->from, &r->from) < 0 ||
            strv_copy(a->items->to, &r->to) < 0)
                return error_set_oom(error);
        q = read_boot(&r->boot, error);
        if (q >= 0)
                q = update_note_states(client, &a->index, r, error);
        return q < 0 ? q : keep_files(client, root_fd, a, r, error);
}

/* From now on somebody ends it if this process does not. */
static int ask_for_guard(struct client *client, struct error *error)
{
        _cleanup_manager_jobs_ struct manager_jobs *jobs = NULL;
        char *units[] = {(char *)GUARD_UNIT, NULL};
        const struct manager_job *job;
        size_t n;
        int r = client_connect(client, error);

        if (r >= 0)
                r = manager_jobs_new(client->bus, &client->wait, &jobs, error);
        if (r >= 0)
                r = manager_jobs_submit(jobs, "start", units, error);
        if (r >= 0)
                r = manager_jobs_wait(jobs, error);
        if (r < 0)
                return r;
        job = manager_jobs_get(jobs, &n);
        if (n > 0 && job->result && strcmp(job->result, "done") == 0)
                return 0;
        return error_set(error, ERROR_FAILED, EIO,
                         "Cannot start %s, which sees to it that an update that is cut short is ended: %s",
                         GUARD_UNIT,
                         n > 0 && error_is_set(&job->error) ? error_message(&job->error) : "the job failed");
}

static int note_actions(const struct apply_item *item, struct update_record *r, struct error *error)
{
        for (size_t i = 0; i < item->actions.n; i++) {
                const struct unit_action *a = item->actions.items + i;
                bool enable = strcmp(a->type, "enable") == 0, disable = strcmp(a->type, "disable") == 0;

                if (strv_append(enable    ? &r->enabled
                                : disable ? &r->disabled
                                          : &r->started,
                                enable || disable ? a->path : a->unit) < 0)
                        return error_set_oom(error);
        }
        return 0;
}

/* Makes the files those of the new version and starts its units. Returns 1 if they were started; 0 if not,
 * with the reason in the record; a negative errno if nothing was changed. */
static int try_it(struct client *client, struct apply *a, struct update_record *r, struct error *error)
{
        struct apply_item *item = a->items;
        uint64_t deadline = client->wait.deadline, now = clock_usec();
        _cleanup_error_ struct error why = {};
        int q;

        r->phase = RECORD_TRIAL;
        q = record_write(r, error);
        if (q >= 0)
                q = apply_change_files(client, a, error);
        if (q < 0)
                return q;
        if (item->result == APPLY_FAILED) {
                error_move(error, &item->error);
                return -error->errnum ?: -EIO;
        }
        q = apply_units_plan(client, a, true, &why);
        if (q >= 0)
                q = note_actions(item, r, &why);
        if (q >= 0)
                q = record_write(r, &why);
        if (r->health_timeout < UINT64_MAX - now && now + r->health_timeout < deadline)
                client->wait.deadline = now + r->health_timeout;
        if (q >= 0)
                q = apply_units_run(client, a, &why);
        client->wait.deadline = deadline;
        if (q >= 0 && item->result == APPLY_DEGRADED)
                error_move(&why, &item->error);
        if (q >= 0 && !error_is_set(&why))
                return 1;
        r->reason = strdup(error_is_set(&why) ? error_message(&why) : "A unit could not be started");
        return r->reason ? 0 : error_set_oom(error);
}

/* Whether the transaction that changes the files came to be; it is not under way any more. */
static int is_untouched(struct client *client, const struct update_record *r, struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_here_ struct here here = {};
        _cleanup_close_ int lock = -EBADF;
        int q = here_begin(client, &here, error);

        if (q >= 0)
                q = operation_lock(&here.operation, &lock, &index, error);
        if (q < 0)
                return q;
        q = record_is_unchanged(r, here.operation.root_fd);
        return q < 0 ? error_set_errno(error, q, "Cannot look at the files of definition '%s'", r->name) : q;
}

static int end_good(struct client *client, int root_fd, struct update_record *r, struct error *error)
{
        int q = record_forget_failure(root_fd, client->layout, r->name, r->to[0], error);

        if (q >= 0)
                q = record_remove(root_fd, client->layout, r, error);
        if (q < 0)
                return q;
        update_log(r, UPDATE_GOOD);
        return UPDATE_GOOD;
}

static int watch_it(struct client *client, int root_fd, struct update_record *r, struct error *error)
{
        int q;

        r->phase = RECORD_WATCH;
        q = record_write(r, error);
        if (q >= 0)
                q = update_watch(client, r, &r->reason, error);
        if (q < 0)
                return q;
        if (q == 0)
                return update_give_up(client, root_fd, r, true, error);
        (void)update_start_dependents(client, r, NULL);
        return end_good(client, root_fd, r, error);
}

static void take_over(struct apply_item *item, struct apply *a, const struct update_record *r)
{
        struct apply_item *new = a->items;
        char **to = NULL;

        operation_result_clear(&item->outcome);
        item->outcome = new->outcome;
        new->outcome = (struct operation_result){};
        unit_actions_clear(&item->actions);
        item->actions = new->actions;
        new->actions = (struct unit_actions){};
        if (strv_copy(r->to, &to) >= 0) {
                strv_free(item->to);
                item->to = to;
        }
}

/* *error says why. A daemon that ended, or whose answer was lost, may have changed the files all the same.
 */
static int end_untried(struct client *client, int root_fd, struct update_record *r, struct apply_item *item,
                       struct error *error)
{
        _cleanup_error_ struct error why = {};
        int errnum = error->errnum ?: EIO, q;

        q = r->phase == RECORD_TRIAL ? is_untouched(client, r, &why) : 1;
        if (q > 0)
                q = record_remove(root_fd, client->layout, r, &why);
        else if (q == 0) {
                r->reason = strdup(error_message(error));
                q = r->reason ? update_give_up(client, root_fd, r, false, &why) : -ENOMEM;
                if (q >= 0) {
                        error_move(&item->error, error);
                        return q;
                }
        }
        /* The record stays then, and somebody else ends it. */
        if (q < 0 && error_is_set(&why)) {
                error_suffix(error, "; ");
                error_suffix(error, error_message(&why));
        }
        return -errnum;
}

/* Returns 1 with all that is to be known in the record, and somebody to end it; 0 if there is nothing to
 * try. */
static int begin(struct client *client, int root_fd, const char *name, struct apply *a,
                 struct update_record *r, struct error *error)
{
        int q = update_choose(client, root_fd, name, r, a, error);

        if (q <= 0)
                return q;
        q = fill_record(client, root_fd, a, r, error);
        if (q >= 0)
                q = record_write(r, error);
        if (q >= 0)
                q = ask_for_guard(client, error);
        return q < 0 ? q : 1;
}

int update_definition(struct client *client, struct apply_item *item, struct error *error)
{
        _cleanup_record_ struct update_record r = RECORD_NONE;
        _cleanup_apply_ struct apply a = {};
        _cleanup_here_ struct here here = {};
        int q = here_begin(client, &here, error), root_fd = here.operation.root_fd;

        if (q >= 0)
                q = record_create(root_fd, client->layout, item->name, &r, error);
        if (q < 0)
                return q;
        q = begin(client, root_fd, item->name, &a, &r, error);
        if (q == 0) {
                q = record_remove(root_fd, client->layout, &r, error);
                return q < 0 ? q : UPDATE_NOTHING;
        }
        if (q > 0)
                q = try_it(client, &a, &r, error);
        if (q < 0)
                return end_untried(client, root_fd, &r, item, error);
        update_log(&r, UPDATE_NOTHING);
        take_over(item, &a, &r);
        q = q == 0 ? update_give_up(client, root_fd, &r, true, error) : watch_it(client, root_fd, &r, error);
        if (r.reason && q >= 0)
                (void)error_set(&item->error, ERROR_FAILED, EIO, "%s did not run well (%s)%s", r.to[0],
                                r.reason, r.no_rollback ? "" : "; went back");
        return q;
}

static int cut_short(struct client *client, int root_fd, struct update_record *r, struct error *error)
{
        free(r->reason);
        r->reason = strdup(CUT_SHORT);
        r->interrupted++;
        return r->reason ? update_give_up(client, root_fd, r, false, error) : error_set_oom(error);
}

/* After a boot its units start by themselves, or are started here; each boot is a try. */
static int watch_again(struct client *client, int root_fd, struct update_record *r, struct error *error)
{
        _cleanup_free_ char *boot = NULL;
        int q = read_boot(&boot, error);

        if (q < 0)
                return q;
        if (!r->boot || strcmp(boot, r->boot) != 0) {
                if (r->interrupted + 1 >= r->tries)
                        return cut_short(client, root_fd, r, error);
                r->interrupted++;
                free(r->boot);
                r->boot = steal_pointer(boot);
                q = record_write(r, error);
                if (q >= 0 && update_run_units(client, "start", r->started, error) < 0 &&
                    error_is_set(error))
                        q = -EIO;
        }
        return q < 0 ? q : watch_it(client, root_fd, r, error);
}

static int finish(struct client *client, int root_fd, struct update_record *r, struct error *error)
{
        int q;

        switch (r->phase) {
        case RECORD_TRIAL:
                q = is_untouched(client, r, error);
                if (q == 0)
                        return cut_short(client, root_fd, r, error);
                break;
        case RECORD_WATCH:
                return watch_again(client, root_fd, r, error);
        case RECORD_BACK:
                return update_give_up(client, root_fd, r, !r->reason || strcmp(r->reason, CUT_SHORT) != 0,
                                      error);
        case RECORD_CHOSEN:
        case RECORD_PHASE_MAX:
        default:
                q = 1;
        }
        if (q > 0)
                q = record_remove(root_fd, client->layout, r, error);
        return q < 0 ? q : UPDATE_NOTHING;
}

int update_finish(struct client *client, const char *name, bool wait, struct error *error)
{
        _cleanup_record_ struct update_record r = RECORD_NONE;
        _cleanup_here_ struct here here = {};
        int q = here_begin(client, &here, error), root_fd = here.operation.root_fd;

        if (q >= 0)
                q = client_connect(client, error);
        if (q >= 0)
                q = record_open(root_fd, client->layout, name, wait, &r, error);
        if (q == 0 || q == -EBUSY)
                return UPDATE_NOTHING;
        return q < 0 ? q : finish(client, root_fd, &r, error);
}
