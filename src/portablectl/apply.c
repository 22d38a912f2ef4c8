/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portablectl/agent.h"
#include "portablectl/apply-state.h"
#include "portablectl/client.h"
#include "portablectl/exit-status.h"
#include "portablectl/interrupt.h"
#include "portablectl/report.h"
#include "portablectl/show-definitions.h"
#include "portablectl/verbs.h"
#include "wire/names.h"

void apply_item_fail(struct client *client, struct apply_item *i, const struct error *why)
{
        i->result = APPLY_FAILED;
        i->call = false;
        if (!error_is_set(&i->error))
                (void)error_set(&i->error, why->kind, why->errnum, "%s", error_message(why));
}

/* What is not wanted, or cannot be done, is not called for. Returns how many cannot. */
static size_t leave_out(struct client *client, struct apply *a)
{
        size_t failed = 0;

        for (size_t i = 0; i < a->n; i++) {
                struct apply_item *item = a->items + i;

                const struct error *why = &item->error;

                if (!item->definition && !client->options->prune) {
                        item->call = false;
                        continue;
                }
                if (!item->definition)
                        why = &item->outcome.error;
                if (item->definition ? !definition_state_is_failure(item->state) : !error_is_set(why))
                        continue;
                apply_item_fail(client, item, why);
                failed++;
        }
        return failed;
}

/* With --atomic one that cannot be applied keeps all from it. */
static void refuse_all(struct client *client, struct apply *a)
{
        _cleanup_error_ struct error why = {};

        (void)error_set(&why, ERROR_FAILED, ECANCELED,
                        "Nothing is applied, as --atomic was given and another definition cannot be");
        for (size_t i = 0; i < a->n; i++)
                if (a->items[i].call || a->items[i].actions.n > 0)
                        apply_item_fail(client, a->items + i, &why);
}

static bool wants_call(const struct apply *a)
{
        for (size_t i = 0; i < a->n; i++)
                if (a->items[i].call)
                        return true;
        return false;
}

/* What became of each. Where the call failed as a whole nothing was changed. */
static void take_outcomes(struct client *client, struct apply *a, bool dry, struct error *whole)
{
        for (size_t i = 0; i < a->n; i++) {
                struct apply_item *item = a->items + i;

                if (!item->call)
                        continue;
                if (error_is_set(whole))
                        apply_item_fail(client, item, whole);
                else if (error_is_set(&item->outcome.error))
                        apply_item_fail(client, item, &item->outcome.error);
                else if (dry || apply_item_differs(item))
                        item->result = APPLY_APPLIED;
                if (item->result != APPLY_APPLIED || dry)
                        continue;
                report_changes(client, &item->outcome);
                if (item->definition)
                        item->state = item->newer ? DEFINITION_OUTDATED : DEFINITION_IN_SYNC;
        }
}

int apply_change_files(struct client *client, struct apply *a, struct error *error)
{
        _cleanup_error_ struct error whole = {};
        int r;

        if (!wants_call(a))
                return 0;
        agent_open(client);
        r = apply_units_put_down(client, a, error);
        if (r < 0)
                return r;
        (void)apply_call(client, a, client->options->atomic ? PORTABLED_ATOMIC : 0, &whole);
        take_outcomes(client, a, false, &whole);
        return 0;
}

static void forget_actions(struct apply *a)
{
        /* They are planned anew, of the files that are there by then. */
        for (size_t i = 0; i < a->n; i++)
                unit_actions_clear(&a->items[i].actions);
}

static bool is_applied(const struct apply *a)
{
        for (size_t i = 0; i < a->n; i++)
                if (a->items[i].result == APPLY_APPLIED || a->items[i].result == APPLY_DEGRADED)
                        return true;
        return false;
}

static int do_it(struct client *client, struct apply *a, struct error *error)
{
        int r = apply_change_files(client, a, error);

        forget_actions(a);
        if (r >= 0)
                r = apply_units_plan(client, a, true, error);
        if (r >= 0)
                r = apply_units_run(client, a, error);
        if (r >= 0 && client->interrupted)
                return is_applied(a) ? interrupt_too_late(client, "applied", error) : -ECANCELED;
        for (size_t i = 0; r >= 0 && i < a->definitions.n; i++)
                if (error_is_set(&a->items[i].error) && a->items[i].result != APPLY_FAILED)
                        a->items[i].result = APPLY_DEGRADED;
        return r;
}

/* A dry run has been made already. */
static void pretend(struct client *client, struct apply *a)
{
        _cleanup_error_ struct error none = {};

        take_outcomes(client, a, true, &none);
        for (size_t i = 0; i < a->n; i++)
                if (a->items[i].result == APPLY_NONE && a->items[i].actions.n > 0)
                        a->items[i].result = APPLY_APPLIED;
}

int apply_exit_status(const struct apply *a)
{
        int status = 0;

        for (size_t i = 0; i < a->n; i++) {
                if (a->items[i].result == APPLY_FAILED && status == 0)
                        status = STATUS_REFUSED;
                if (a->items[i].result == APPLY_ROLLED_BACK && status != STATUS_UNITS_FAILED)
                        status = STATUS_WENT_BACK;
                if (a->items[i].result == APPLY_DEGRADED)
                        status = STATUS_UNITS_FAILED;
        }
        return status;
}

static int run(struct client *client, struct apply *a, struct error *error)
{
        size_t failed;
        int r = apply_read(client, a, error);

        if (r >= 0)
                r = apply_units_plan(client, a, false, error);
        if (r < 0)
                return r;
        failed = leave_out(client, a);
        if (failed > 0 && client->options->atomic) {
                refuse_all(client, a);
                return 0;
        }
        if (!client->options->dry_run)
                return do_it(client, a, error);
        pretend(client, a);
        return 0;
}

int verb_apply(struct client *client, char **args, struct error *error)
{
        _cleanup_apply_ struct apply a = {};
        _cleanup_error_ struct error shown = {};
        int r = run(client, &a, error), q;

        show_warnings_of(client, &a);
        q = show_applied(client, &a, error_is_set(error) ? error : NULL, &shown);
        if (q < 0)
                report_failure(client, &shown);
        if (r < 0 && client->interrupted && error_is_set(error)) {
                report_failure(client, error);
                error_clear(error);
                return STATUS_UNITS_FAILED;
        }
        if (r < 0) {
                error_prefix(error, "Cannot apply the definitions: ");
                return r;
        }
        return q < 0 ? q : apply_exit_status(&a);
}
