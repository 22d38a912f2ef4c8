/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/call.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"

/* The answers that callers treat apart; everything else is a failure with a text. */
static const struct {
        const char *name;
        enum error_kind kind;
        int errnum;
} answers[] = {
        {"org.freedesktop.systemd1.NoSuchUnit", ERROR_NO_SUCH_UNIT, ENOENT},
        {"org.freedesktop.systemd1.UnitExists", ERROR_UNIT_EXISTS, EEXIST},
        {"org.freedesktop.systemd1.NothingToClean", ERROR_FAILED, ENODATA},
        {SD_BUS_ERROR_ACCESS_DENIED, ERROR_ACCESS_DENIED, EACCES},
        {SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, EACCES},
        {SD_BUS_ERROR_UNKNOWN_METHOD, ERROR_NOT_SUPPORTED, EOPNOTSUPP},
        {SD_BUS_ERROR_INVALID_ARGS, ERROR_INVALID_ARGS, EINVAL},
};

int manager_call_new(sd_bus *bus, const char *member, sd_bus_message **ret, struct error *error)
{
        int r;

        r = sd_bus_message_new_method_call(bus, ret, MANAGER_BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE,
                                           member);
        return r < 0 ? error_set_errno(error, r, "Cannot form a call of %s to the service manager", member)
                     : 0;
}

int manager_call_send(sd_bus *bus, sd_bus_message *m, uint64_t usec, sd_bus_message **ret,
                      struct error *error)
{
        _cleanup_(sd_bus_error_free) sd_bus_error bus_error = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_call(bus, m, usec, &bus_error, ret);
        if (r >= 0)
                return 0;
        if (!sd_bus_error_is_set(&bus_error))
                return error_set_errno(error, r, "Cannot call %s of the service manager",
                                       sd_bus_message_get_member(m));
        return manager_call_failed(error, &bus_error);
}

int manager_call_failed(struct error *error, const sd_bus_error *answer)
{
        const char *text = answer->message && *answer->message ? answer->message : answer->name;

        for (size_t i = 0; i < ELEMENTSOF(answers); i++)
                if (strcmp(answers[i].name, answer->name) == 0)
                        return error_set(error, answers[i].kind, answers[i].errnum, "%s", text);
        return error_set(error, ERROR_FAILED, sd_bus_error_get_errno(answer), "%s", text);
}

int manager_call_bad_answer(struct error *error, int r, const char *member)
{
        return error_set_errno(error, r, "Unexpected answer of the service manager to %s", member);
}
