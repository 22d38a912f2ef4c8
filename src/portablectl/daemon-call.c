/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/daemon-call.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "basic/error.h"
#include "portablectl/interrupt.h"
#include "wire/error-names.h"
#include "wire/names.h"

/* What the bus itself says about a daemon that can't be reached is of no use to a person. */
int daemon_failed(sd_bus *bus, struct error *error, const sd_bus_error *answer, int r)
{
        const char *scope;
        bool user = sd_bus_get_scope(bus, &scope) >= 0 && strcmp(scope, "user") == 0;

        if (sd_bus_error_has_name(answer, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
            sd_bus_error_has_name(answer, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
                return error_set(error, ERROR_FAILED, ENOENT,
                                 "systemd-portabled is not installed%s: nothing provides the bus name %s",
                                 user ? " for users" : "", PORTABLE_BUS_NAME);
        if (sd_bus_error_has_name(answer, SD_BUS_ERROR_NO_REPLY) && r == -ETIMEDOUT)
                return error_set(error, ERROR_TIMEOUT, ETIMEDOUT,
                                 "systemd-portabled did not answer in time");
        if (sd_bus_error_has_name(answer, SD_BUS_ERROR_NO_REPLY))
                return error_set(error, ERROR_FAILED, EPIPE,
                                 "systemd-portabled ended before it answered; see journalctl%s -u "
                                 "systemd-portabled.service",
                                 user ? " --user" : "");
        if (sd_bus_error_has_name(answer, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED))
                return error_set(error, ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, EACCES,
                                 "Not authorized, and nobody can be asked for a password here: try as root");
        if (sd_bus_error_is_set(answer))
                return error_from_bus(error, answer, r);
        if (r == -ENOTCONN || r == -ECONNRESET)
                return error_set(error, ERROR_SYSTEM, r, "The connection to the bus was lost");
        return error_set_errno(error, r, "Cannot call systemd-portabled");
}

/* It says so itself, or its bus policy does. */
bool daemon_lacks_interface(const sd_bus_error *answer)
{
        return sd_bus_error_has_names(answer, SD_BUS_ERROR_UNKNOWN_METHOD, SD_BUS_ERROR_UNKNOWN_INTERFACE) ||
               (sd_bus_error_has_name(answer, SD_BUS_ERROR_ACCESS_DENIED) && answer->message &&
                strstr(answer->message, PORTABLED_INTERFACE));
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
        sd_bus_message **answer = userdata;

        *answer = sd_bus_message_ref(m);
        return 1;
}

/*
 * sd-bus puts the same error in the place of an answer that did not come in time, and of one that can't come
 * since the connection is lost, as the bus does when the daemon is gone.
 */
static int answer_errno(sd_bus *bus, sd_bus_message *answer, uint64_t deadline)
{
        if (!sd_bus_message_is_method_error(answer, SD_BUS_ERROR_NO_REPLY))
                return -sd_bus_message_get_errno(answer);
        if (clock_usec() >= deadline)
                return -ETIMEDOUT;
        return sd_bus_is_open(bus) > 0 ? -EPIPE : -ECONNRESET;
}

static uint64_t get_deadline(sd_bus *bus, uint64_t usec)
{
        if (usec == 0)
                (void)sd_bus_get_method_call_timeout(bus, &usec);
        return usec == NO_TIMEOUT ? UINT64_MAX : clock_usec() + usec;
}

int daemon_call(sd_bus *bus, sd_bus_message *m, uint64_t usec, struct interrupt *interrupt,
                sd_bus_error *ret_error, sd_bus_message **ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
        _cleanup_(sd_bus_slot_unrefp) sd_bus_slot *slot = NULL;
        uint64_t deadline = get_deadline(bus, usec);
        int r = sd_bus_call_async(bus, &slot, m, on_answer, &answer, usec);

        while (r >= 0 && !answer) {
                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = interrupt ? interrupt_wait(interrupt, bus) : sd_bus_wait(bus, UINT64_MAX);
                if (r == -EINTR)
                        r = 0;
        }
        if (r < 0 && !answer)
                return r;
        if (sd_bus_message_is_method_error(answer, NULL)) {
                r = answer_errno(bus, answer, deadline);
                if (r != -ECONNRESET)
                        sd_bus_error_copy(ret_error, sd_bus_message_get_error(answer));
                return r;
        }
        if (ret)
                *ret = steal_pointer(answer);
        return 0;
}

int daemon_bad_answer(struct error *error, int r, sd_bus_message *m)
{
        return error_set_errno(error, r, "systemd-portabled answered %s with something unexpected",
                               sd_bus_message_get_member(m));
}
