/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "manager/manager.h"
#include "operation/check.h"
#include "plan/change.h"
#include "portablectl/bus.h"
#include "portablectl/client.h"
#include "portablectl/here.h"
#include "portablectl/reload.h"
#include "portablectl/report.h"
#include "portablectl/units.h"
#include "portablectl/update-log.h"
#include "portablectl/update.h"
#include "transaction/transaction.h"

/* All that was kept is at its place again, in one transaction. */
static int restore_files(struct client *client, const struct update_record *r, struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_transaction_ struct transaction *t = NULL;
        _cleanup_changes_ struct change_list l = {};
        _cleanup_here_ struct here here = {};
        _cleanup_close_ int lock = -EBADF;
        int q = here_begin(client, &here, error);

        if (q >= 0)
                q = operation_lock(&here.operation, &lock, &index, error);
        if (q >= 0)
                q = record_list_changes(r, here.operation.root_fd, &l, error);
        if (q >= 0)
                q = transaction_new(here.operation.root_fd, client->layout, r->runtime, &t, error);
        return q < 0 ? q : transaction_commit(t, &l, error);
}

int update_run_units(struct client *client, const char *verb, char *const *units, struct error *error)
{
        struct options options = *client->options;
        _cleanup_failures_ struct failures failures = {};
        struct client quiet = *client;

        if (!units || !*units)
                return 0;
        options.quiet = true;
        quiet.options = &options;
        quiet.failures = &failures;
        return units_run_anew(&quiet, verb, units, error);
}

static int list_new(const struct update_record *r, char ***ret)
{
        for (char *const *unit = r->started; unit && *unit; unit++)
                if (!strv_contains(r->active, *unit) && strv_append(ret, *unit) < 0)
                        return -ENOMEM;
        return 0;
}

static uint64_t files_flags(const struct update_record *r)
{
        return MANAGER_FILES_PORTABLE | (r->runtime ? MANAGER_FILES_RUNTIME : 0);
}

/* What was enabled for the new version, while its files are there. */
static void disable_again(struct client *client, const struct update_record *r)
{
        _cleanup_error_ struct error unknown = {};
        struct manager_file_change *changes = NULL;
        _cleanup_strv_ char **names = NULL;
        size_t n = 0;

        for (char *const *path = r->enabled; path && *path; path++)
                if (strv_append(&names, path_base(*path)) < 0)
                        return;
        if (names &&
            manager_disable_unit_files(client->bus, names, files_flags(r), &changes, &n, &unknown) >= 0)
                manager_file_changes_free(changes, n);
}

static void enable_again(struct client *client, const struct update_record *r)
{
        for (char *const *path = r->disabled; path && *path; path++) {
                _cleanup_error_ struct error unknown = {};
                struct manager_file_change *changes = NULL;
                size_t n = 0;

                if (manager_enable_unit_file(client->bus, *path, files_flags(r), &changes, &n, &unknown) >=
                    0)
                        manager_file_changes_free(changes, n);
        }
}

int update_start_dependents(struct client *client, const struct update_record *r, struct error *error)
{
        return update_run_units(client, "start", r->dependents, error);
}

static int note_failure(struct client *client, int root_fd, struct update_record *r, bool counts,
                        struct error *error)
{
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        r->since = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
        r->phase = counts ? RECORD_BACK : RECORD_TRIAL;
        return record_write_failure(root_fd, client->layout, r, error);
}

/* As well as the new ones had to. */
static bool old_ones_run(struct client *client, const struct update_record *r)
{
        const struct update_record before = {.fd = -EBADF,
                                             .started = r->active,
                                             .active = r->active,
                                             .health = r->health,
                                             .health_timeout = r->health_timeout};
        _cleanup_free_ char *why = NULL;

        return update_watch(client, &before, &why, NULL) > 0;
}

static int go_back(struct client *client, int root_fd, struct update_record *r, bool counts,
                   struct error *error)
{
        _cleanup_strv_ char **new_units = NULL;
        _cleanup_error_ struct error why = {};
        bool degraded;
        int q = list_new(r, &new_units) < 0 ? error_set_oom(error) : 0;

        if (q >= 0)
                q = note_failure(client, root_fd, r, counts, error);
        r->phase = RECORD_BACK;
        if (q >= 0)
                q = record_write(r, error);
        if (q >= 0)
                q = client_connect(client, error);
        if (q < 0)
                return q;
        (void)update_run_units(client, "stop", new_units, &why);
        disable_again(client, r);
        q = restore_files(client, r, error);
        if (q < 0)
                return q;
        enable_again(client, r);
        q = reload_always(client, error);
        if (q < 0)
                return q;
        error_clear(&why);
        degraded = update_run_units(client, "restart", r->active, &why) < 0;
        degraded = update_start_dependents(client, r, &why) < 0 || degraded || !old_ones_run(client, r);
        q = record_remove(root_fd, client->layout, r, error);
        if (q < 0)
                return q;
        update_log(r, degraded ? UPDATE_DEGRADED : UPDATE_BACK);
        return degraded ? UPDATE_DEGRADED : UPDATE_BACK;
}

/* With Rollback=no the new version stays, whatever it does. */
static int stay(struct client *client, int root_fd, struct update_record *r, struct error *error)
{
        int q = note_failure(client, root_fd, r, true, error);

        if (q >= 0)
                q = record_remove(root_fd, client->layout, r, error);
        if (q < 0)
                return q;
        update_log(r, UPDATE_DEGRADED);
        return UPDATE_DEGRADED;
}

int update_give_up(struct client *client, int root_fd, struct update_record *r, bool counts,
                   struct error *error)
{
        return r->no_rollback && counts ? stay(client, root_fd, r, error)
                                        : go_back(client, root_fd, r, counts, error);
}
