/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/polkit.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portabled/call.h"
#include "portabled/daemon.h"
#include "portabled/log.h"

/* AllowUserInteraction, of the CheckAuthorizationFlags. */
#define POLKIT_ALLOW_INTERACTION 1U

static int refuse(const char *action, struct error *error)
{
        return error_set(error, ERROR_ACCESS_DENIED, EACCES, "Access denied by polkit (action %s)", action);
}

static int read_answer(sd_bus_message *m, const char *action, struct error *error)
{
        int authorized, challenge, r;

        if (sd_bus_message_is_method_error(m, NULL)) {
                const sd_bus_error *e = sd_bus_message_get_error(m);

                /* No polkit on this bus: only root may. */
                if (sd_bus_error_has_names(e, "org.freedesktop.DBus.Error.ServiceUnknown",
                                           "org.freedesktop.DBus.Error.NameHasNoOwner"))
                        return error_set(error, ERROR_ACCESS_DENIED, EACCES,
                                         "Access denied: only root may do this, there is no polkit to ask");
                log_message(LOG_WARNING, "polkit did not answer: %s", e->message ?: e->name);
                return refuse(action, error);
        }
        r = sd_bus_message_enter_container(m, 'r', "bba{ss}");
        if (r >= 0)
                r = sd_bus_message_read(m, "bb", &authorized, &challenge);
        if (r < 0)
                return refuse(action, error);
        if (authorized)
                return 0;
        if (challenge)
                return error_set(error, ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, EACCES,
                                 "Interactive authentication required (polkit action %s)", action);
        return refuse(action, error);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        _cleanup_error_ struct error error = {};
        struct call *c = userdata;

        c->question = sd_bus_slot_unref(c->question);
        if (read_answer(m, c->action, &error) < 0)
                call_fail(c, &error);
        else
                call_start(c);
        return 1;
}

static int ask(struct call *c, const char *action)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        uint32_t flags = sd_bus_message_get_allow_interactive_authorization(c->message) > 0
                                 ? POLKIT_ALLOW_INTERACTION
                                 : 0;
        int r;

        r = sd_bus_message_new_method_call(c->daemon->bus, &m, "org.freedesktop.PolicyKit1",
                                           "/org/freedesktop/PolicyKit1/Authority",
                                           "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
        if (r >= 0)
                r = sd_bus_message_append(m, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                                          sd_bus_message_get_sender(c->message), action, 0, flags, "");
        if (r < 0)
                return r;
        /* A person may take long to type a password; nobody else waits meanwhile. */
        return sd_bus_call_async(c->daemon->bus, &c->question, m, on_answer, c, UINT64_MAX);
}

int polkit_check(struct call *c, const char *action, struct error *error)
{
        int r;

        if (c->job.caller_uid == 0 || sd_bus_query_sender_privilege(c->message, CAP_SYS_ADMIN) > 0)
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
                c->question = sd_bus_slot_unref(c->question);
                error_set(&error, ERROR_FAILED, ECANCELED,
                          "The daemon is stopping and polkit has not answered yet: nothing was changed, try "
                          "again");
                call_fail(c, &error);
        }
}
