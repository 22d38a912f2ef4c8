/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/strv.h"
#include "portabled/arguments.h"
#include "portabled/daemon.h"
#include "portabled/events.h"
#include "portabled/log.h"
#include "portabled/places.h"
#include "portabled/polkit.h"
#include "portabled/reply.h"
#include "wire/error-names.h"
#include "wire/names.h"

#define ACTION_INSPECT "org.freedesktop.portable1.inspect-images"
#define ACTION_ATTACH  "org.freedesktop.portable1.attach-images"
#define ACTION_MANAGE  "org.freedesktop.portable1.manage-images"

/*
 * One row a method of the Manager; the Image interface has the same ones without the image argument. Our own
 * interface has its method in the first column, too. The arguments in order, a letter each: i image, I
 * images with matches, v verb, e extensions, m matches, p profile, r runtime, c copy mode, f flags, o
 * read-only, l limit.
 */
static const struct method methods[] = {
        {"GetImage", NULL, "i", NULL, job_get_image, reply_object},
        {"ListImages", NULL, "", NULL, job_list, reply_list},
        {"GetImageOSRelease", "GetOSRelease", "i", ACTION_INSPECT, job_os_release, reply_os_release},
        {"GetImageMetadata", "GetMetadata", "im", ACTION_INSPECT, job_metadata, reply_metadata},
        {"GetImageMetadataWithExtensions", "GetMetadataWithExtensions", "iemf", ACTION_INSPECT, job_metadata,
         reply_metadata_with_extensions},
        {"GetImageState", "GetState", "i", NULL, job_state, reply_string},
        {"GetImageStateWithExtensions", "GetStateWithExtensions", "ief", NULL, job_state, reply_string},
        {"AttachImage", "Attach", "imprc", ACTION_ATTACH, job_attach, reply_changes, true},
        {"AttachImageWithExtensions", "AttachWithExtensions", "iempcf", ACTION_ATTACH, job_attach,
         reply_changes, true},
        {"DetachImage", "Detach", "ir", ACTION_ATTACH, job_detach, reply_changes, true},
        {"DetachImageWithExtensions", "DetachWithExtensions", "ief", ACTION_ATTACH, job_detach,
         reply_changes, true},
        {"ReattachImage", "Reattach", "imprc", ACTION_ATTACH, job_reattach, reply_two_changes, true},
        {"ReattachImageWithExtensions", "ReattachWithExtensions", "iempcf", ACTION_ATTACH, job_reattach,
         reply_two_changes, true},
        {NULL, "ReattacheWithExtensions", "iempcf", ACTION_ATTACH, job_reattach, reply_two_changes, true},
        {"GetState", NULL, "ie", NULL, job_version_state, reply_version_state},
        {"Change", NULL, "vIepcf", ACTION_ATTACH, job_change, reply_results, true},
        {"InspectImage", NULL, "iemf", ACTION_INSPECT, job_inspect, reply_inspected},
        {"RemoveImage", "Remove", "i", ACTION_MANAGE, job_remove, reply_nothing, .signal = "ImageRemoved"},
        {"MarkImageReadOnly", "MarkReadOnly", "io", ACTION_MANAGE, job_mark_read_only, reply_nothing,
         .signal = "ImageChanged"},
        {"SetImageLimit", "SetLimit", "il", ACTION_MANAGE, job_set_limit, reply_nothing,
         .signal = "ImageChanged"},
        {"SetPoolLimit", NULL, "l", ACTION_MANAGE, job_set_pool_limit, reply_nothing},
};

static const struct method *method_find(sd_bus_message *m, bool image)
{
        const char *member = sd_bus_message_get_member(m);

        for (size_t i = 0; i < ELEMENTSOF(methods); i++) {
                const char *name = image ? methods[i].image_member : methods[i].manager_member;

                if (name && strcmp(name, member) == 0)
                        return methods + i;
        }
        return NULL;
}

struct call *call_free(struct call *c)
{
        if (c->previous)
                c->previous->next = c->next;
        else
                c->daemon->calls = c->next;
        if (c->next)
                c->next->previous = c->previous;
        daemon_call_end(c->daemon, c->late);
        for (size_t i = 0; i < c->job.n_images; i++)
                strv_free(c->job.images[i].matches);
        free(c->job.images);
        strv_free(c->job.extensions);
        strv_free(c->job.matches);
        free(c->image);
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

static void go_on(struct call *c);
static void look_up_caller(struct call *c);

/* The answer depends on who asks, which was not worth a question before; and what a stranger may not see
 * polkit may allow. Then again. */
static void ask_viewer(struct call *c)
{
        if (c->job.viewer == OPERATION_UNKNOWN) {
                look_up_caller(c);
                return;
        }
        c->job.viewer = OPERATION_TRUSTED; /* by the time that it runs */
        c->ask = true;
        go_on(c);
}

static bool is_denied_for_now(const struct call *c, const struct error *error)
{
        return error && error->kind == ERROR_ACCESS_DENIED &&
               (c->job.viewer == OPERATION_UNKNOWN ||
                (c->job.viewer == OPERATION_STRANGER && c->method->action));
}

static void on_worker_done(struct unpack *reply, struct error *error, void *userdata)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error e = SD_BUS_ERROR_NULL;
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
        r = sd_bus_message_new_method_return(c->message, &m);
        if (r >= 0)
                r = c->method->answer ? c->method->answer(c, reply, m, &e) : c->method->reply(reply, m);
        if (r >= 0)
                r = sd_bus_send(NULL, m, NULL);
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
        if (c->method->changes)
                r = events_send(c->daemon, reply);
        if (c->method->signal)
                events_send_image(c->daemon, c->method->signal, c->job.image);
        if (r >= 0)
                r = unpack_finish(reply);
        if (r < 0)
                log_errno(r, "Cannot tell what the operation changed");
        call_free(c);
}

static void on_worker_progress(const char *what, uint64_t done, uint64_t total, void *userdata)
{
        struct call *c = userdata;
        const char *sender = sd_bus_message_get_sender(c->message);

        if (sender)
                events_send_progress(c->daemon, sender, what, done, total);
}

void call_run(struct call *c)
{
        const struct worker_task task = {
                .function = c->method->job,
                .argument = &c->job,
                .progress = on_worker_progress,
                .done = on_worker_done,
                .userdata = c,
                .owner = c->job.caller_uid,
        };
        _cleanup_error_ struct error error = {};

        if (worker_start(c->daemon->pool, &task, &c->worker, &error) < 0)
                call_fail(c, &error);
}

/* Reading an image by name is open to all; by path it tells of files the caller may not see. */
static bool needs_polkit(const struct call *c)
{
        if (!c->method->action)
                return false;
        if (strcmp(c->method->action, ACTION_INSPECT) != 0)
                return true;
        if (c->job.image[0] == '/')
                return true;
        for (char **e = c->job.extensions; e && *e; e++)
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
        c->job.viewer = OPERATION_UNKNOWN;
        c->next = d->calls;
        if (d->calls)
                d->calls->previous = c;
        d->calls = c;
        c->job.caller_uid = OWNER_NOT_LOOKED_UP;
        c->late = d->leaving;
        c->job.debug = log_is_debug();
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
        int r = c->job.caller_uid == OWNER_NOT_LOOKED_UP ? 0 : places_check(c, &error);

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
                r = sd_bus_message_read_basic(m, 'u', &c->job.caller_uid);
        if (r >= 0) {
                if (c->job.viewer == OPERATION_UNKNOWN)
                        c->job.viewer = c->job.caller_uid == 0 ? OPERATION_TRUSTED : OPERATION_STRANGER;
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

void call_begin(struct call *c)
{
        _cleanup_error_ struct error error = {};

        c->ask = needs_polkit(c);
        if (c->ask)
                c->job.viewer = OPERATION_TRUSTED; /* by the time that it runs */
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
        if (c->ask || c->daemon->n_calls > CALLS_NOT_LOOKED_UP)
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
                error_set(&error, ERROR_SYSTEM, ECANCELED, "Cancelled, nothing was changed");
                call_fail(c, &error);
        }
}

/* Which of the two it is: the property State alone, or all of its interface. */
static const struct method *find_question(sd_bus_message *m)
{
        static const struct method get = {NULL, NULL, "", NULL, job_own_state, reply_variant_string};
        static const struct method get_all = {NULL, NULL, "", NULL, job_own_state, reply_all_states};
        const char *interface, *property = "State";
        const struct method *found = NULL;
        int r;

        if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "Get") > 0 &&
            sd_bus_message_has_signature(m, "ss")) {
                found = &get;
                r = sd_bus_message_read(m, "ss", &interface, &property);
        } else if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "GetAll") > 0 &&
                   sd_bus_message_has_signature(m, "s")) {
                found = &get_all;
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
        const struct method *method = find_question(m);
        _cleanup_free_ char *image = NULL;
        struct call *c;

        if (!method || sd_bus_path_decode(sd_bus_message_get_path(m), PORTABLE_IMAGE_PATH, &image) <= 0)
                return 0;
        c = call_new(userdata, m, method);
        if (!c)
                return -ENOMEM;
        c->image = steal_pointer(image);
        c->job.image = c->image;
        call_begin(c);
        return 1;
}

int call_handle(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        struct daemon *d = userdata;
        bool image = strcmp(sd_bus_message_get_path(m), PORTABLE_MANAGER_PATH) != 0;
        _cleanup_error_ struct error error = {};
        struct call *c;
        int r;

        c = call_new(d, m, method_find(m, image));
        if (!c)
                return -ENOMEM;
        r = c->method ? arguments_read(c, image, &error) : -ENOSYS;
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
