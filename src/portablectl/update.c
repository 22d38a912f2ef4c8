/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "portablectl/agent.h"
#include "portablectl/client.h"
#include "portablectl/exit-status.h"
#include "portablectl/here.h"
#include "portablectl/report.h"
#include "portablectl/show-definitions.h"
#include "portablectl/update.h"
#include "portablectl/verbs.h"

static int check_allowed(const struct client *client, struct error *error)
{
        if (options_is_remote(client->options) || client->options->root || !client->layout->updates)
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "Only what is attached to this system is updated, not what a user, a tree "
                                 "or another "
                                 "system has");
        if (geteuid() != 0)
                return error_set(error, ERROR_ACCESS_DENIED, EACCES, "Only root may update");
        return 0;
}

static const struct definition *find_definition(const struct apply *a, const char *name)
{
        for (size_t i = 0; i < a->definitions.n; i++)
                if (strcmp(a->definitions.items[i].name, name) == 0)
                        return a->definitions.items + i;
        return NULL;
}

static int check_names(const struct apply *a, char *const *names, struct error *error)
{
        for (; *names; names++) {
                _cleanup_free_ char *shown = text_escape(*names);

                if (!shown)
                        return error_set_oom(error);
                if (!find_definition(a, *names))
                        return error_set(
                                error, ERROR_INVALID_ARGS, ENOENT,
                                "There is no definition '%s' ('portablectl definitions' lists them)", shown);
        }
        return 0;
}

static int forget_failures(struct client *client, const struct apply *a, char *const *names,
                           struct error *error)
{
        _cleanup_here_ struct here here = {};
        int r = here_begin(client, &here, error);

        for (size_t i = 0; i < a->definitions.n && r >= 0; i++)
                if (!*names || strv_contains(names, a->definitions.items[i].name))
                        r = record_forget_failure(here.operation.root_fd, client->layout,
                                                  a->definitions.items[i].name, NULL, error);
        return r;
}

/* Of one that cannot be updated as it is: why. False: it can. */
static bool refuse(struct apply_item *i, bool named)
{
        const char *why = NULL;

        if (i->state == DEFINITION_DETACHED || i->state == DEFINITION_DIFFERS)
                why = "It is not as its definition says: 'portablectl apply' makes it so";
        else if (i->state == DEFINITION_UPDATING)
                why = "It is being updated by another process";
        else if (i->state == DEFINITION_MASKED)
                why = "It is masked";
        else if (!definition_state_is_failure(i->state))
                return false;
        if (why && named)
                (void)error_set(&i->error, ERROR_FAILED, EBUSY, "%s", why);
        if (named || definition_state_is_failure(i->state))
                i->result = APPLY_FAILED;
        return true;
}

static int update_item(struct client *client, struct apply_item *i, bool named, struct error *error)
{
        static const enum apply_result results[] = {
                [UPDATE_NOTHING] = APPLY_NONE,
                [UPDATE_GOOD] = APPLY_UPDATED,
                [UPDATE_BACK] = APPLY_ROLLED_BACK,
                [UPDATE_DEGRADED] = APPLY_DEGRADED,
        };
        int r;

        operation_result_clear(&i->outcome); /* of the dry run */
        if (refuse(i, named) || !i->newer)
                return 0;
        error_clear(&i->error);
        r = update_definition(client, i, &i->error);
        if (r == -ENOMEM)
                return error_set_oom(error);
        i->result = r < 0 ? APPLY_FAILED : results[r];
        if (i->result == APPLY_UPDATED)
                i->state = DEFINITION_IN_SYNC;
        else if (i->result == APPLY_ROLLED_BACK)
                i->state = DEFINITION_FAILED;
        return 0;
}

static int finish_all(struct client *client, bool wait, struct error *error)
{
        _cleanup_strv_ char **names = NULL;
        _cleanup_here_ struct here here = {};
        int r = here_begin(client, &here, error), first = 0;

        if (r >= 0)
                r = record_list(here.operation.root_fd, client->layout, &names, error);
        for (char **name = names; r >= 0 && name && *name; name++) {
                _cleanup_error_ struct error why = {};

                if (update_finish(client, *name, wait, &why) >= 0)
                        continue;
                error_prefix(&why, "Cannot end the update of '%s': ", *name);
                report_failure(client, &why);
                first = STATUS_REFUSED;
        }
        return r < 0 ? r : first;
}

static int run(struct client *client, char *const *names, struct apply *a, struct error *error)
{
        int r = apply_read(client, a, error);

        if (r >= 0)
                r = check_names(a, names, error);
        if (r >= 0 && client->options->retry)
                r = forget_failures(client, a, names, error);
        if (r >= 0)
                r = apply_units_plan(client, a, false, error);
        for (size_t i = 0; i < a->n && r >= 0; i++) {
                bool named = *names && a->items[i].definition && strv_contains(names, a->items[i].name);

                a->items[i].call = false;
                unit_actions_clear(&a->items[i].actions);
                if (a->items[i].definition && (named || !*names))
                        r = update_item(client, a->items + i, named, error);
        }
        return r;
}

int verb_update(struct client *client, char **args, struct error *error)
{
        _cleanup_apply_ struct apply a = {};
        int r = check_allowed(client, error), finished;

        if (r < 0)
                return r;
        agent_open(client);
        /* What others have left is ended first; what they are about is not waited for. */
        finished = finish_all(client, client->options->finish, error);
        if (finished < 0 || client->options->finish)
                return finished;
        r = run(client, args, &a, error);
        if (r < 0) {
                error_prefix(error, "Cannot update: ");
                return r;
        }
        show_warnings_of(client, &a);
        r = show_updated(client, &a, error);
        return r < 0 ? r : apply_exit_status(&a) ?: finished;
}
