/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/daemon-call.h"
#include "wire/codec.h"
#include "wire/methods.h"
#include "wire/names.h"

static bool has_argument(const struct method *m, enum method_argument argument)
{
        return memchr(m->arguments, argument, sizeof(m->arguments));
}

/* The older methods know neither extensions nor, where something is changed, flags but runtime. */
static bool is_extended(const struct method *m, const struct operation_request *request)
{
        bool changes =
                m->verb == OPERATION_ATTACH || m->verb == OPERATION_DETACH || m->verb == OPERATION_REATTACH;

        return strv_length(request->extensions) > 0 || (changes && request->flags & ~PORTABLE_RUNTIME);
}

/* The method of an interface that does it; NULL: there is none. */
static const struct method *choose(const char *interface, enum operation_verb verb,
                                   const struct operation_request *request)
{
        bool has_units = verb == OPERATION_CHANGE && strv_length(request->units) > 0;
        const struct method *found = NULL;

        for (size_t i = 0; i < n_methods; i++) {
                const struct method *m = methods + i;

                if (m->verb != verb || !m->interface || strcmp(m->interface, interface) != 0 || !m->member)
                        continue;
                if (has_argument(m, ARGUMENT_UNITS) != has_units)
                        continue;
                if (!found || (has_argument(m, ARGUMENT_EXTENSIONS) && is_extended(m, request)))
                        found = m;
        }
        return found;
}

/* What only looks has the time that the connection gives a call. */
static uint64_t patience(const struct method *method, const struct operation_request *request)
{
        if (!method->action || strcmp(method->action, ACTION_INSPECT) == 0)
                return 0;
        return request->usec > 0 ? request->usec : NO_TIMEOUT;
}

static int append_arguments(sd_bus_message *m, const struct method *method,
                            const struct operation_request *request)
{
        struct operation_request copy = *request;
        const struct codec_field *f;
        int r = 0;

        copy.runtime = request->flags & PORTABLE_RUNTIME;
        for (size_t i = 0; r >= 0 && (f = method_argument(method, i, false)); i++)
                r = codec_append(m, f, &copy);
        return r;
}

static int read_results(sd_bus_message *m, const struct method *method, struct result *ret)
{
        const struct codec_field *f;
        int r = 0;

        for (size_t i = 0; r >= 0 && (f = method_result(method, i)); i++) {
                /* An older one of ours does not tell what came later. */
                if (i > 0 && sd_bus_message_at_end(m, true) > 0)
                        break;
                r = f->name ? codec_read(m, f, ret, NULL, NULL) : 0;
        }
        if (r < 0)
                return r;
        result_sort(ret);
        if (ret->state.version && !*ret->state.version) {
                free(ret->state.version);
                ret->state.version = NULL;
        }
        /* It does not tell versions apart. */
        if (ret->state.nearest && !ret->state.state) {
                ret->state.state = strdup(ret->state.nearest);
                if (!ret->state.state)
                        return -ENOMEM;
        }
        return 0;
}

static int call(sd_bus *bus, const struct method *method, const struct operation_request *request,
                struct progress *progress, struct result *ret, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error answer = SD_BUS_ERROR_NULL;
        _cleanup_result_ struct result result = {};
        int r;

        r = sd_bus_message_new_method_call(bus, &m, PORTABLE_BUS_NAME, PORTABLE_MANAGER_PATH,
                                           method->interface, method->member);
        if (r >= 0)
                r = append_arguments(m, method, request);
        if (r < 0)
                return error_set_errno(error, r, "Cannot form a call of %s", method->member);
        r = daemon_call_with_progress(bus, m, patience(method, request), progress, &answer, &reply);
        if (r < 0 && strcmp(method->interface, PORTABLED_INTERFACE) == 0 && daemon_lacks_interface(&answer))
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 method->verb == OPERATION_CHANGE
                                         ? "The systemd-portabled that runs here can do one image at a time "
                                           "only, and no dry run"
                                         : "The systemd-portabled that runs here is another one");
        if (r < 0)
                return daemon_failed(bus, error, &answer, r);
        r = read_results(reply, method, &result);
        if (r < 0)
                return daemon_bad_answer(error, r, m);
        *ret = result;
        result = (struct result){};
        return 0;
}

int daemon_run(sd_bus *bus, enum operation_verb verb, const struct operation_request *request,
               struct progress *progress, struct result *ret, struct error *error)
{
        const struct method *own = choose(PORTABLED_INTERFACE, verb, request),
                            *plain = choose(PORTABLE_MANAGER_INTERFACE, verb, request);
        _cleanup_error_ struct error lacking = {};
        int r;

        r = own ? call(bus, own, request, progress, ret, &lacking) : -EOPNOTSUPP;
        if (own && (!plain || r >= 0 || lacking.kind != ERROR_NOT_SUPPORTED || r != -EOPNOTSUPP)) {
                error_move(error, &lacking);
                return r;
        }
        if (!plain)
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP, "The daemon has no such method");
        return call(bus, plain, request, progress, ret, error);
}

int daemon_get_profiles(sd_bus *bus, char ***ret, struct error *error)
{
        _cleanup_(sd_bus_error_free) sd_bus_error answer = SD_BUS_ERROR_NULL;
        char **profiles;
        int r;

        r = sd_bus_get_property_strv(bus, PORTABLE_BUS_NAME, PORTABLE_MANAGER_PATH,
                                     PORTABLE_MANAGER_INTERFACE, "Profiles", &answer, &profiles);
        if (r < 0)
                return daemon_failed(bus, error, &answer, r);
        if (!profiles && strv_copy(NULL, &profiles) < 0)
                return error_set_oom(error);
        strv_sort(profiles);
        *ret = profiles;
        return 0;
}
