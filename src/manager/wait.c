/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "basic/error.h"
#include "manager/call.h"
#include "wire/error-names.h"

/* What takes no longer needs no line. */
#define PATIENCE_USEC UINT64_C(1000000)

uint64_t wait_left(const struct wait *wait)
{
        uint64_t now;

        if (!wait || wait->deadline == UINT64_MAX)
                return UINT64_MAX;
        now = clock_usec();
        return wait->deadline > now ? wait->deadline - now : 1;
}

static bool is_over(const struct wait *wait)
{
        return wait && wait->deadline != UINT64_MAX && clock_usec() >= wait->deadline;
}

static int give_up(const struct awaited *awaited, struct error *error)
{
        _cleanup_free_ char *what = awaited->describe(awaited->subject);

        return error_set(error, ERROR_TIMEOUT, ETIMEDOUT, "Gave up waiting for %s (--timeout=)",
                         what ?: "an answer");
}

static void tell(const struct wait *wait, const struct awaited *awaited)
{
        _cleanup_free_ char *what = awaited->describe(awaited->subject);

        if (what)
                wait->tell(what, wait->userdata);
}

int wait_for(sd_bus *bus, const struct wait *wait, const struct awaited *awaited, struct error *error)
{
        bool told = !wait || !wait->tell;
        uint64_t tell_at = clock_usec() + PATIENCE_USEC;

        while (!awaited->done(awaited->subject)) {
                uint64_t left = wait_left(wait), now;
                int r = sd_bus_process(bus, NULL);

                if (r > 0)
                        continue;
                now = clock_usec();
                if (!told && now >= tell_at) {
                        tell(wait, awaited);
                        told = true;
                }
                if (is_over(wait))
                        return give_up(awaited, error);
                if (!told && left > tell_at - now)
                        left = tell_at - now;
                if (r == 0)
                        r = sd_bus_wait(bus, left);
                if (r < 0 && r != -EINTR)
                        return error_set_errno(error, r, "Lost the connection to the service manager");
        }
        return 0;
}

struct wait_call {
        const char *what;
        sd_bus_message *answer;
};

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
        struct wait_call *call = userdata;

        call->answer = sd_bus_message_ref(m);
        return 1;
}

static bool is_answered(const void *subject)
{
        return ((const struct wait_call *)subject)->answer;
}

static char *call_describe(const void *subject)
{
        return strdup(((const struct wait_call *)subject)->what);
}

int wait_for_call(sd_bus *bus, const struct wait *wait, sd_bus_message *m, const char *what,
                  sd_bus_message **ret, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
        _cleanup_(sd_bus_slot_unrefp) sd_bus_slot *slot = NULL;
        struct wait_call call = {.what = what};
        int r;

        r = sd_bus_call_async(bus, &slot, m, on_answer, &call, UINT64_MAX);
        if (r < 0)
                return error_set_errno(error, r, "Cannot call %s of the service manager",
                                       sd_bus_message_get_member(m));
        r = wait_for(bus, wait, &(struct awaited){is_answered, call_describe, &call}, error);
        answer = call.answer;
        if (r < 0)
                return r;
        if (sd_bus_message_is_method_error(answer, NULL))
                return error_from_bus(error, sd_bus_message_get_error(answer),
                                      -sd_bus_message_get_errno(answer));
        if (ret)
                *ret = steal_pointer(answer);
        return 0;
}
