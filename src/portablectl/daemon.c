/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/daemon.h"

#include <errno.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/daemon-call.h"
#include "wire/changes.h"
#include "wire/names.h"

/* The older methods know neither extensions nor flags but runtime. */
static bool needs_extended(char *const *extensions, uint64_t flags)
{
        return strv_length(extensions) > 0 || (flags & ~PORTABLE_RUNTIME) != 0;
}

static uint64_t usec_or_none(uint64_t usec)
{
        return usec > 0 ? usec : NO_TIMEOUT;
}

static int append_attach(sd_bus_message *m, const struct attach_request *a, bool extended)
{
        int r;

        r = sd_bus_message_append(m, "s", a->image);
        if (r >= 0 && extended)
                r = sd_bus_message_append_strv(m, (char **)a->extensions);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **)a->matches);
        if (r < 0)
                return r;
        if (extended)
                return sd_bus_message_append(m, "sst", a->profile, a->copy_mode, a->flags);
        return sd_bus_message_append(m, "sbs", a->profile, (int)((a->flags & PORTABLE_RUNTIME) != 0),
                                     a->copy_mode);
}

int daemon_attach(sd_bus *bus, const struct attach_request *request, struct change_list *ret,
                  struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        bool extended = needs_extended(request->extensions, request->flags);
        int r;

        r = daemon_call_new(bus, extended ? "AttachImageWithExtensions" : "AttachImage", &m, error);
        if (r < 0)
                return r;
        r = daemon_call_send(bus, m, append_attach(m, request, extended), usec_or_none(request->usec),
                             &reply, error);
        if (r < 0)
                return r;
        r = changes_read(reply, ret);
        return r < 0 ? daemon_bad_answer(error, r, m) : 0;
}

int daemon_reattach(sd_bus *bus, const struct attach_request *request, struct change_list *ret_removed,
                    struct change_list *ret_updated, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_changes_ struct change_list removed = {}, updated = {};
        bool extended = needs_extended(request->extensions, request->flags);
        int r;

        r = daemon_call_new(bus, extended ? "ReattachImageWithExtensions" : "ReattachImage", &m, error);
        if (r < 0)
                return r;
        r = daemon_call_send(bus, m, append_attach(m, request, extended), usec_or_none(request->usec),
                             &reply, error);
        if (r < 0)
                return r;
        r = changes_read(reply, &removed);
        if (r >= 0)
                r = changes_read(reply, &updated);
        if (r < 0)
                return daemon_bad_answer(error, r, m);
        *ret_removed = removed;
        *ret_updated = updated;
        removed = updated = (struct change_list){};
        return 0;
}

int daemon_detach(sd_bus *bus, const struct attach_request *request, struct change_list *ret,
                  struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        bool extended = needs_extended(request->extensions, request->flags);
        int r;

        r = daemon_call_new(bus, extended ? "DetachImageWithExtensions" : "DetachImage", &m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", request->image);
        if (r >= 0 && extended)
                r = sd_bus_message_append_strv(m, (char **)request->extensions);
        if (r >= 0 && extended)
                r = sd_bus_message_append(m, "t", request->flags);
        if (r >= 0 && !extended)
                r = sd_bus_message_append(m, "b", (int)((request->flags & PORTABLE_RUNTIME) != 0));
        r = daemon_call_send(bus, m, r, usec_or_none(request->usec), &reply, error);
        if (r < 0)
                return r;
        r = changes_read(reply, ret);
        return r < 0 ? daemon_bad_answer(error, r, m) : 0;
}

int daemon_set_read_only(sd_bus *bus, uint64_t usec, const char *image, bool read_only, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = daemon_call_new(bus, "MarkImageReadOnly", &m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "sb", image, (int)read_only);
        return daemon_call_send(bus, m, r, usec_or_none(usec), NULL, error);
}

int daemon_remove(sd_bus *bus, uint64_t usec, const char *image, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = daemon_call_new(bus, "RemoveImage", &m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", image);
        return daemon_call_send(bus, m, r, usec_or_none(usec), NULL, error);
}

int daemon_set_limit(sd_bus *bus, uint64_t usec, const char *image, uint64_t limit, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = daemon_call_new(bus, image ? "SetImageLimit" : "SetPoolLimit", &m, error);
        if (r < 0)
                return r;
        r = image ? sd_bus_message_append(m, "st", image, limit) : sd_bus_message_append(m, "t", limit);
        return daemon_call_send(bus, m, r, usec_or_none(usec), NULL, error);
}
