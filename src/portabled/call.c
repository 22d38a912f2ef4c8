/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/pack.h"
#include "portabled/arguments.h"
#include "portabled/callers.h"
#include "portabled/daemon.h"
#include "portabled/events.h"
#include "portabled/log.h"
#include "portabled/places.h"
#include "portabled/polkit.h"
#include "wire/codec.h"
#include "wire/error-names.h"
#include "wire/methods.h"
#include "wire/names.h"

struct call *call_free(struct call *c)
{
        if (c->previous)
                c->previous->next = c->next;
        else
                c->daemon->calls = c->next;
        if (c->next)
                c->next->previous = c->previous;
        daemon_call_end(c->daemon, c->late);
        operation_request_clear(&c->request);
        sd_bus_slot_unref(c->lookup);
        polkit_withdraw(c);
        sd_event_source_disable_unref(c->patience);
        sd_bus_message_unref(c->message);
        free(c);
        return NULL;
}

void call_fail(struct call *c, const struct error *error)
{
        _cleanup_(sd_bus_error_free) sd_bus_error e = SD_BUS_ERROR_NULL;

        error_to_bus(error, &e);
        sd_bus_reply_method_error(c->message, &e);
        call_free(c);
}

/* On the bus of a user there is nobody else: all that they ask for is done in their own name, and nobody is
 * asked whether they may. */
static bool is_owner(const struct call *c)
{
        return c->daemon->layout->scope == LAYOUT_USER;
}

/* Reading an image by name is open to all; by path it tells of files the caller may not see. */
static bool needs_polkit(const struct call *c)
{
        if (!c->method->action || is_owner(c))
                return false;
        if (strcmp(c->method->action, ACTION_INSPECT) != 0)
                return true;
        if (c->request.image[0] == '/')
                return true;
        for (char *const *e = c->request.extensions; e && *e; e++)
                if ((*e)[0] == '/')
                        return true;
        return false;
}

struct call *call_new(struct daemon *d, sd_bus_message *m, const struct method *method)
{
        struct call *c = calloc(1, sizeof(*c));

        if (!c)
                return NULL;
        c->daemon = d;
        c->message = sd_bus_message_ref(m);
        c->method = method;
        c->request.viewer = OPERATION_UNKNOWN;
        c->next = d->calls;
        if (d->calls)
                d->calls->previous = c;
        d->calls = c;
        c->request.caller_uid = is_owner(c) ? getuid() : OWNER_NOT_LOOKED_UP;
        c->late = d->leaving;
        c->request.debug = log_is_debug();
        daemon_call_begin(d, c->late);
        return c;
}

/* Nobody would see what it finds. */
static bool is_idle(const struct call *c)
{
        return sd_bus_message_get_expect_reply(c->message) == 0 &&
               (!c->method->action || strcmp(c->method->action, ACTION_INSPECT) == 0);
}

/* Who calls is known, or does not count. */
static void go_on(struct call *c)
{
        _cleanup_error_ struct error error = {};
        int r = c->request.caller_uid == OWNER_NOT_LOOKED_UP ? 0 : places_check(c, &error);

        if (r >= 0)
                r = c->ask ? polkit_check(c, c->method->action, &error) : 1;
        if (r < 0)
                call_fail(c, &error);
        else if (r > 0)
                places_take(c);
}

static int on_caller(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        _cleanup_error_ struct error error = {};
        struct call *c = userdata;
        int r;

        c->lookup = sd_bus_slot_unref(c->lookup);
        if (sd_bus_message_is_method_error(m, SD_BUS_ERROR_NAME_HAS_NO_OWNER) > 0) {
                call_free(c); /* it has gone */
                return 1;
        }
        r = -sd_bus_message_get_errno(m);
        if (r >= 0)
                r = sd_bus_message_read_basic(m, 'u', &c->request.caller_uid);
        if (r >= 0) {
                if (c->request.viewer == OPERATION_UNKNOWN)
                        c->request.viewer =
                                c->request.caller_uid == 0 ? OPERATION_TRUSTED : OPERATION_STRANGER;
                go_on(c);
                return 1;
        }
        error_set_errno(&error, r, "Cannot find out who calls");
        call_fail(c, &error);
        return 1;
}

/* Nobody waits for the bus, which may be busy with those who call. */
static void look_up_caller(struct call *c)
{
        _cleanup_error_ struct error error = {};
        int r = sd_bus_call_method_async(c->daemon->bus, &c->lookup, "org.freedesktop.DBus",
                                         "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                         "GetConnectionUnixUser", on_caller, c, "s",
                                         sd_bus_message_get_sender(c->message));

        if (r >= 0)
                return;
        error_set_errno(&error, r, "Cannot find out who calls");
        call_fail(c, &error);
}

/* The answer depends on who asks, which was not worth a question before; and what a stranger may not see
 * polkit may allow. Then again. */
static void ask_viewer(struct call *c)
{
        if (c->request.viewer == OPERATION_UNKNOWN) {
                look_up_caller(c);
                return;
        }
        c->request.viewer = OPERATION_TRUSTED; /* by the time that it runs */
        c->ask = true;
        go_on(c);
}

static bool is_denied_for_now(const struct call *c, const struct error *error)
{
        return error && error->kind == ERROR_ACCESS_DENIED &&
               (c->request.viewer == OPERATION_UNKNOWN ||
                (c->request.viewer == OPERATION_STRANGER && c->method->action));
}

static int unpack_result(const struct call *c, struct unpack *u, struct result *ret)
{
        const struct codec_field *f;

        for (size_t i = 0; (f = method_result(c->method, i)); i++)
                codec_unpack(u, f, ret);
        return unpack_finish(u);
}

static int append_result(const struct call *c, const struct result *result, sd_bus_message *m)
{
        const struct codec_field *f;
        int r = 0;

        for (size_t i = 0; r >= 0 && (f = method_result(c->method, i)); i++)
                r = f->name ? codec_append(m, f, result) : 0;
        return r;
}

/* Sends the answer. *ret may be set if that can't be. */
static int answer(struct call *c, const struct result *result, sd_bus_error *ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_method_return(c->message, &m);

        if (r >= 0)
                r = c->answer ? c->answer(c, result, m, ret) : append_result(c, result, m);
        return r < 0 ? r : sd_bus_send(NULL, m, NULL);
}

static void on_worker_done(struct unpack *reply, struct error *error, void *userdata)
{
        _cleanup_(sd_bus_error_free) sd_bus_error e = SD_BUS_ERROR_NULL;
        _cleanup_result_ struct result result = {};
        _cleanup_error_ struct error bad = {};
        struct call *c = userdata;
        int r;

        c->worker = NULL;
        if (is_denied_for_now(c, error)) {
                ask_viewer(c);
                return;
        }
        if (error) {
                if (error->errnum == EPROTO || error->errnum == ECANCELED)
                        daemon_recover(c->daemon);
                call_fail(c, error);
                return;
        }
        r = unpack_result(c, reply, &result);
        if (r >= 0)
                r = answer(c, &result, &e);
        if (r < 0 && sd_bus_error_is_set(&e)) {
                sd_bus_reply_method_error(c->message, &e);
                call_free(c);
                return;
        }
        if (r < 0) {
                error_set_errno(&bad, r, "Cannot send the result of the operation");
                call_fail(c, &bad);
                return;
        }
        /* The caller knows already; those who follow can wait until it has been told. */
        events_send(c->daemon, &result.events);
        if (c->method->signal)
                events_send_image(c->daemon, c->method->signal, c->request.image);
        call_free(c);
}

static void on_worker_progress(const char *what, uint64_t done, uint64_t total, void *userdata)
{
        struct call *c = userdata;
        const char *sender = sd_bus_message_get_sender(c->message);

        if (sender)
                events_send_progress(c->daemon, sender, what, done, total);
}

static void on_worker_wait(const char *image, void *userdata)
{
        struct call *c = userdata;
        const char *sender = sd_bus_message_get_sender(c->message);

        if (sender)
                events_send_wait(c->daemon, sender, image);
}

void call_run(struct call *c)
{
        _cleanup_pack_ struct pack request = {};
        const struct worker_task task = {
                .request = &request,
                .progress = on_worker_progress,
                .wait = on_worker_wait,
                .done = on_worker_done,
                .userdata = c,
                .owner = c->request.caller_uid,
        };
        _cleanup_error_ struct error error = {};
        int r;

        operation_request_pack(&request, c->method, &c->request);
        r = request.failed ? error_set_oom(&error)
                           : worker_start(c->daemon->pool, &task, &c->worker, &error);
        if (r < 0)
                call_fail(c, &error);
}

void call_begin(struct call *c)
{
        _cleanup_error_ struct error error = {};

        c->ask = needs_polkit(c);
        if (c->ask || is_owner(c))
                c->request.viewer = OPERATION_TRUSTED; /* by the time that it runs */
        if (c->daemon->n_calls > CALLS_MAX) {
                error_set(&error, ERROR_LIMITS_EXCEEDED, EAGAIN,
                          "%u calls are under way already, try again later", CALLS_MAX);
                call_fail(c, &error);
        } else if (is_idle(c))
                call_free(c);
        else
                places_queue(c);
}

void call_go(struct call *c)
{
        if (c->request.caller_uid == OWNER_NOT_LOOKED_UP &&
            (c->ask || c->daemon->n_calls > CALLS_NOT_LOOKED_UP))
                look_up_caller(c);
        else
                go_on(c);
}

void call_cancel(struct call *c, bool gone)
{
        _cleanup_error_ struct error error = {};

        if (c->worker) {
                worker_cancel(c->worker);
        } else if (gone) {
                call_free(c);
        } else {
                error_set(&error, ERROR_SYSTEM, ECANCELED, "Canceled, nothing was changed");
                call_fail(c, &error);
        }
}

static int answer_property(struct call *c, const struct result *result, sd_bus_message *m, sd_bus_error *e)
{
        return sd_bus_message_append(m, "v", "s", result->state.own);
}

static int answer_properties(struct call *c, const struct result *result, sd_bus_message *m, sd_bus_error *e)
{
        return sd_bus_message_append(m, "a{sv}", 1, "State", "s", result->state.own);
}

/* Which of the two it is: the property State alone, or all of its interface. */
static answer_function find_question(sd_bus_message *m)
{
        const char *interface, *property = "State";
        answer_function found = NULL;
        int r;

        if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "Get") > 0 &&
            sd_bus_message_has_signature(m, "ss")) {
                found = answer_property;
                r = sd_bus_message_read(m, "ss", &interface, &property);
        } else if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "GetAll") > 0 &&
                   sd_bus_message_has_signature(m, "s")) {
                found = answer_properties;
                r = sd_bus_message_read(m, "s", &interface);
        } else {
                return NULL;
        }
        if (r < 0 || sd_bus_message_rewind(m, true) < 0 ||
            strcmp(interface, PORTABLED_IMAGE_INTERFACE) != 0 || strcmp(property, "State") != 0)
                return NULL;
        return found;
}

int call_handle_property(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        answer_function found = find_question(m);
        _cleanup_free_ char *image = NULL;
        struct call *c;

        if (!found || sd_bus_path_decode(sd_bus_message_get_path(m), PORTABLE_IMAGE_PATH, &image) <= 0)
                return 0;
        c = call_new(userdata, m, method_find(NULL, "state"));
        if (!c)
                return -ENOMEM;
        c->answer = found;
        c->request.image = steal_pointer(image);
        call_begin(c);
        return 1;
}

/* A call need not name the interface. */
static const struct method *find_method(sd_bus_message *m, bool image_object)
{
        const char *interface = sd_bus_message_get_interface(m), *member = sd_bus_message_get_member(m);
        const struct method *found;

        if (image_object)
                return method_find(PORTABLE_IMAGE_INTERFACE, member);
        found = method_find(interface ?: PORTABLE_MANAGER_INTERFACE, member);
        return found || interface ? found : method_find(PORTABLED_INTERFACE, member);
}

int call_handle(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        struct daemon *d = userdata;
        bool image_object = strcmp(sd_bus_message_get_path(m), PORTABLE_MANAGER_PATH) != 0;
        const struct method *method = find_method(m, image_object);
        _cleanup_error_ struct error error = {};
        struct call *c;
        int r;

        if (!method)
                return -ENOSYS;
        if (method->verb == OPERATION_CANCEL) {
                callers_cancel(d, sd_bus_message_get_sender(m));
                return sd_bus_reply_method_return(m, NULL);
        }
        c = call_new(d, m, method);
        if (!c)
                return -ENOMEM;
        r = arguments_read(c, image_object, &error);
        if (error_is_set(&error)) {
                call_fail(c, &error);
                return 1;
        }
        if (r < 0) {
                call_free(c);
                return r;
        }
        call_begin(c);
        return 1;
}
