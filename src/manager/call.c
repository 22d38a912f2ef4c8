/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/call.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "wire/error-names.h"

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
        return error_from_bus(error, &bus_error, r);
}

int manager_call_bad_answer(struct error *error, int r, const char *member)
{
        return error_set_errno(error, r, "Unexpected answer of the service manager to %s", member);
}

int manager_read_list(sd_bus_message *m, char ***ret)
{
        _cleanup_strv_ char **l = NULL;
        int r = sd_bus_message_enter_container(m, 'v', "as");

        if (r >= 0)
                r = sd_bus_message_read_strv(m, &l);
        if (r < 0)
                return r;
        strv_free(*ret);
        *ret = steal_pointer(l);
        return sd_bus_message_exit_container(m);
}

int manager_read_properties(sd_bus_message *m,
                            int (*take)(sd_bus_message *m, const char *name, void *userdata), void *userdata)
{
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *name;

                r = sd_bus_message_read(m, "s", &name);
                if (r >= 0)
                        r = take(m, name, userdata);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return r;
}
