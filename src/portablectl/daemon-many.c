/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/daemon.h"

#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/backend.h"
#include "portablectl/daemon-call.h"
#include "wire/changes.h"
#include "wire/error-names.h"
#include "wire/names.h"

static int append_requests(sd_bus_message *m, const char *verb, const struct attach_request *requests,
                           size_t n, uint64_t flags)
{
        int r = sd_bus_message_append(m, "s", verb);

        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "(sas)");
        for (size_t i = 0; r >= 0 && i < n; i++) {
                r = sd_bus_message_open_container(m, 'r', "sas");
                if (r >= 0)
                        r = sd_bus_message_append(m, "s", requests[i].image);
                if (r >= 0)
                        r = sd_bus_message_append_strv(m, (char **)requests[i].matches);
                if (r >= 0)
                        r = sd_bus_message_close_container(m);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **)requests->extensions);
        return r < 0 ? r
                     : sd_bus_message_append(m, "sst", requests->profile ?: "", requests->copy_mode ?: "",
                                             requests->flags | flags);
}

static int read_outcome(sd_bus_message *m, struct image_outcome *ret)
{
        const char *name, *message;
        int r;

        r = sd_bus_message_enter_container(m, 'r', "sssa(sss)a(sss)as");
        if (r == 0)
                r = -EBADMSG;
        if (r >= 0)
                r = sd_bus_message_read(m, "sss", NULL, &name, &message);
        if (r >= 0)
                r = changes_read(m, &ret->changes.removed);
        if (r >= 0)
                r = changes_read(m, &ret->changes.updated);
        if (r >= 0)
                r = sd_bus_message_read_strv(m, &ret->changes.warnings);
        if (r < 0)
                return r;
        if (*name) {
                sd_bus_error e = SD_BUS_ERROR_MAKE_CONST(name, message);

                error_from_bus(&ret->error, &e, -sd_bus_error_get_errno(&e));
        }
        return sd_bus_message_exit_container(m);
}

static int read_outcomes(sd_bus_message *m, struct image_outcome *outcomes, size_t n)
{
        int r = sd_bus_message_enter_container(m, 'a', "(sssa(sss)a(sss)as)");

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = read_outcome(m, outcomes + i);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

int daemon_change_many(sd_bus *bus, const char *verb, const struct attach_request *requests, size_t n,
                       uint64_t flags, struct progress *progress, struct image_outcome *outcomes,
                       struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error answer = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, PORTABLE_BUS_NAME, PORTABLE_MANAGER_PATH,
                                           PORTABLED_INTERFACE, "Change");
        if (r >= 0)
                r = append_requests(m, verb, requests, n, flags);
        if (r < 0)
                return error_set_errno(error, r, "Cannot form a call of Change");
        r = daemon_call_with_progress(bus, m, requests->usec ? requests->usec : NO_TIMEOUT, progress,
                                      &answer, &reply);
        if (r < 0 && daemon_lacks_interface(&answer))
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "The systemd-portabled that runs here can do one image at a time only, and "
                                 "no dry run");
        if (r < 0)
                return daemon_failed(error, &answer, r);
        r = read_outcomes(reply, outcomes, n);
        return r < 0 ? daemon_bad_answer(error, r, m) : 0;
}
