/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/daemon-call.h"
#include "portablectl/daemon.h"
#include "wire/names.h"

static int read_state(sd_bus_message *reply, bool own, struct named_state *s)
{
        const char *state, *version = "", *nearest;
        int r = sd_bus_message_read(reply, "s", &state);

        nearest = state;
        if (r >= 0 && own)
                r = sd_bus_message_read(reply, "ss", &version, &nearest);
        if (r < 0)
                return r;
        s->state = strdup(state);
        s->nearest = strdup(nearest);
        s->version = *version ? strdup(version) : NULL;
        return s->state && s->nearest && (s->version || !*version) ? 0 : -ENOMEM;
}

static int take_state(sd_bus_message *reply, bool own, sd_bus_message *call, struct named_state *ret,
                      struct error *error)
{
        _cleanup_named_state_ struct named_state s = {};
        int r = read_state(reply, own, &s);

        if (r < 0)
                return r == -ENOMEM ? error_set_oom(error) : daemon_bad_answer(error, r, call);
        *ret = s;
        s = (struct named_state){};
        return 0;
}

/* By the methods that every daemon has. */
static int get_plainly(sd_bus *bus, const char *image, char *const *extensions, struct named_state *ret,
                       struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        bool with_extensions = strv_length(extensions) > 0;
        int r;

        r = daemon_call_new(bus, with_extensions ? "GetImageStateWithExtensions" : "GetImageState", &m,
                            error);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", image);
        if (r >= 0 && with_extensions)
                r = sd_bus_message_append_strv(m, (char **)extensions);
        if (r >= 0 && with_extensions)
                r = sd_bus_message_append(m, "t", UINT64_C(0));
        r = daemon_call_send(bus, m, r, 0, &reply, error);
        return r < 0 ? r : take_state(reply, false, m, ret, error);
}

int daemon_get_state(sd_bus *bus, const char *image, char *const *extensions, struct named_state *ret,
                     struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error answer = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, PORTABLE_BUS_NAME, PORTABLE_MANAGER_PATH,
                                           PORTABLED_INTERFACE, "GetState");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", image);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **)extensions);
        if (r < 0)
                return error_set_errno(error, r, "Cannot form a call of GetState");
        r = daemon_call(bus, m, 0, &answer, &reply);
        if (r < 0 && daemon_lacks_interface(&answer))
                return get_plainly(bus, image, extensions, ret, error);
        if (r < 0)
                return daemon_failed(error, &answer, r);
        return take_state(reply, true, m, ret, error);
}
