/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/polkit.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portabled/call.h"
#include "portabled/daemon.h"
#include "portabled/log.h"
#include "portabled/places.h"

/* AllowUserInteraction, of the CheckAuthorizationFlags. */
#define POLKIT_ALLOW_INTERACTION 1U

#define POLKIT_NAME      "org.freedesktop.PolicyKit1"
#define POLKIT_PATH      "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"

static int refuse(const char *action, struct error *error)
{
        return error_set(error, ERROR_ACCESS_DENIED, EACCES, "Access denied by polkit (action %s)", action);
}

static int fail_to_answer(const struct call *c, const sd_bus_error *e, struct error *error)
{
        /* No polkit on this bus: only root may. */
        if (sd_bus_error_has_names(e, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
                return error_set(error, ERROR_ACCESS_DENIED, EACCES,
                                 "Access denied: only root may do this, there is no polkit to ask");
        if (sd_bus_error_has_names(e, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT))
                return error_set(error, ERROR_TIMEOUT, ETIMEDOUT,
                                 "Nobody has answered polkit's question within %u seconds, nothing was "
                                 "changed (polkit action %s)",
                                 c->daemon->polkit_seconds, c->action);
        log_message(LOG_WARNING, "polkit did not answer: %s", e->message ?: e->name);
        return refuse(c->action, error);
}

static int read_answer(const struct call *c, sd_bus_message *m, struct error *error)
{
        int authorized, challenge, r;

        if (sd_bus_message_is_method_error(m, NULL))
                return fail_to_answer(c, sd_bus_message_get_error(m), error);
        r = sd_bus_message_enter_container(m, 'r', "bba{ss}");
        if (r >= 0)
                r = sd_bus_message_read(m, "bb", &authorized, &challenge);
        if (r < 0)
                return refuse(c->action, error);
        if (authorized)
                return 0;
        if (challenge)
                return error_set(error, ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, EACCES,
                                 "Interactive authentication required (polkit action %s)", c->action);
        return refuse(c->action, error);
}

static void format_id(const struct call *c, char *buf, size_t size)
{
        snprintf(buf, size, "portabled-%" PRIu64, c->question_id);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        _cleanup_error_ struct error error = {};
        struct call *c = userdata;

        if (!sd_bus_message_is_method_error(m, SD_BUS_ERROR_NO_REPLY))
                c->question = sd_bus_slot_unref(c->question);
        polkit_withdraw(c);
        if (read_answer(c, m, &error) < 0)
                call_fail(c, &error);
        else
                places_take(c);
        return 1;
}

/* The dialog is taken away from whoever has not answered it. */
void polkit_withdraw(struct call *c)
{
        char id[32];

        if (!c->question)
                return;
        c->question = sd_bus_slot_unref(c->question);
        format_id(c, id, sizeof(id));
        (void)sd_bus_call_method_async(c->daemon->bus, NULL, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                                       "CancelCheckAuthorization", NULL, NULL, "s", id);
}

static int ask(struct call *c, const char *action)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        uint32_t flags = sd_bus_message_get_allow_interactive_authorization(c->message) > 0
                                 ? POLKIT_ALLOW_INTERACTION
                                 : 0;
        char id[32];
        int r;

        c->question_id = ++c->daemon->n_questions;
        format_id(c, id, sizeof(id));
        r = sd_bus_message_new_method_call(c->daemon->bus, &m, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                                           "CheckAuthorization");
        if (r >= 0)
                r = sd_bus_message_append(m, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                                          sd_bus_message_get_sender(c->message), action, 0, flags, id);
        if (r < 0)
                return r;
        /* A person may take long to type a password, and an agent may never answer. */
        return sd_bus_call_async(c->daemon->bus, &c->question, m, on_answer, c,
                                 (uint64_t)c->daemon->polkit_seconds * 1000 * 1000);
}

int polkit_check(struct call *c, const char *action, struct error *error)
{
        int r;

        if (c->request.caller_uid == 0 || sd_bus_query_sender_privilege(c->message, CAP_SYS_ADMIN) > 0)
                return 1;
        c->action = action;
        r = ask(c, action);
        if (r < 0)
                return error_set_errno(error, r, "Cannot ask polkit");
        return 0;
}

void polkit_give_up(struct daemon *d)
{
        struct call *c, *next;

        for (c = d->calls; c; c = next) {
                _cleanup_error_ struct error error = {};

                next = c->next;
                if (!c->question)
                        continue;
                error_set(&error, ERROR_FAILED, ECANCELED,
                          "The daemon is stopping and polkit has not answered yet: nothing was changed, try "
                          "again");
                call_fail(c, &error);
        }
}
