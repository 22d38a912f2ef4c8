/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/pack.h"
#include "basic/strv.h"
#include "portabled/daemon.h"
#include "portabled/events.h"
#include "portabled/log.h"
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
        {"RemoveImage", "Remove", "i", ACTION_MANAGE, job_remove, reply_nothing},
        {"MarkImageReadOnly", "MarkReadOnly", "io", ACTION_MANAGE, job_mark_read_only, reply_nothing},
        {"SetImageLimit", "SetLimit", "il", ACTION_MANAGE, job_set_limit, reply_nothing},
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
        sd_bus_slot_unref(c->question);
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

/* a(sas): images, each with its matches. */
static int read_images(struct call *c)
{
        struct job *j = &c->job;
        int r = sd_bus_message_enter_container(c->message, 'a', "(sas)");

        while (r >= 0 && (r = sd_bus_message_enter_container(c->message, 'r', "sas")) > 0) {
                struct job_image *grown = reallocarray(j->images, j->n_images + 1, sizeof(*grown));

                if (!grown)
                        return -ENOMEM;
                j->images = grown;
                grown[j->n_images] = (struct job_image){};
                r = sd_bus_message_read(c->message, "s", &grown[j->n_images].image);
                if (r >= 0)
                        r = sd_bus_message_read_strv(c->message, &grown[j->n_images].matches);
                if (r < 0)
                        return r;
                j->n_images++;
                r = sd_bus_message_exit_container(c->message);
        }
        return r < 0 ? r : sd_bus_message_exit_container(c->message);
}

/* "/a/b/" is a path to "/a/b"; anything else stays as it is, to be judged by the operation. */
static size_t image_length(const char *image)
{
        size_t n = strlen(image);

        return image[0] == '/' && n > 2 && image[n - 1] == '/' && image[n - 2] != '/' ? n - 1 : n;
}

static int read_image(struct call *c)
{
        int r = sd_bus_message_read(c->message, "s", &c->job.image);

        if (r < 0 || c->job.image[image_length(c->job.image)] == '\0')
                return r;
        c->image = strndup(c->job.image, image_length(c->job.image));
        c->job.image = c->image;
        return c->image ? 0 : -ENOMEM;
}

static int read_extensions(struct call *c)
{
        int r = sd_bus_message_read_strv(c->message, &c->job.extensions);

        for (char **e = c->job.extensions; r >= 0 && e && *e; e++)
                (*e)[image_length(*e)] = '\0';
        return r;
}

static int read_argument(struct call *c, char letter)
{
        struct job *j = &c->job;
        int b, r;

        switch (letter) {
        case 'i':
                return c->image ? 0 : read_image(c);
        case 'I':
                return read_images(c);
        case 'v':
                return sd_bus_message_read(c->message, "s", &j->verb);
        case 'e':
                return read_extensions(c);
        case 'm':
                return sd_bus_message_read_strv(c->message, &j->matches);
        case 'p':
                return sd_bus_message_read(c->message, "s", &j->profile);
        case 'c':
                return sd_bus_message_read(c->message, "s", &j->copy_mode);
        case 'f':
                return sd_bus_message_read(c->message, "t", &j->flags);
        case 'l':
                return sd_bus_message_read(c->message, "t", &j->limit);
        case 'r':
                r = sd_bus_message_read(c->message, "b", &b);
                j->flags = r >= 0 && b ? PORTABLE_RUNTIME : 0;
                return r;
        case 'o':
                r = sd_bus_message_read(c->message, "b", &b);
                j->read_only = r >= 0 && b;
                return r;
        default:
                return -EINVAL;
        }
}

static uint32_t caller_uid(sd_bus_message *m)
{
        _cleanup_(sd_bus_creds_unrefp) sd_bus_creds *creds = NULL;
        uid_t uid;

        if (sd_bus_query_sender_creds(m, SD_BUS_CREDS_EUID, &creds) < 0 ||
            sd_bus_creds_get_euid(creds, &uid) < 0)
                return UINT32_MAX;
        return uid;
}

/* The answer depends on who asks, which was not worth a round trip before; and what a stranger may not see
 * polkit may allow. Then again. */
static void ask_viewer(struct call *c)
{
        _cleanup_error_ struct error error = {};
        int r = 1;

        if (c->job.viewer == OPERATION_UNKNOWN) {
                c->job.caller_uid = caller_uid(c->message);
                c->job.viewer = c->job.caller_uid == 0 ? OPERATION_TRUSTED : OPERATION_STRANGER;
        } else {
                c->job.viewer = OPERATION_TRUSTED; /* by the time that it runs */
                r = polkit_check(c, c->method->action, &error);
        }
        if (r < 0)
                call_fail(c, &error);
        else if (r > 0)
                call_start(c);
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

        if (is_denied_for_now(c, error)) {
                ask_viewer(c);
                return;
        }
        if (error) {
                if (error->errnum == EPROTO)
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
        if (r >= 0)
                r = unpack_finish(reply);
        if (r < 0)
                log_errno(r, "Cannot tell what the operation changed");
        call_free(c);
}

static void on_worker_progress(const char *what, uint64_t done, uint64_t total, void *userdata)
{
        struct call *c = userdata;

        events_send_progress(c->daemon, sd_bus_message_get_sender(c->message), what, done, total);
}

void call_start(struct call *c)
{
        _cleanup_error_ struct error error = {};

        if (worker_start(c->daemon->pool, c->method->job, &c->job, on_worker_progress, on_worker_done, c,
                         &error) < 0)
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

static int call_read(struct call *c, bool image)
{
        int r = 0;

        if (image) {
                r = sd_bus_path_decode(sd_bus_message_get_path(c->message), PORTABLE_IMAGE_PATH, &c->image);
                if (r <= 0)
                        return r < 0 ? r : -EINVAL;
                c->job.image = c->image;
                c->job.of_object = true;
        }
        for (const char *letter = c->method->arguments; *letter && r >= 0; letter++)
                r = read_argument(c, *letter);
        return r;
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
        c->late = d->leaving;
        c->job.debug = log_is_debug();
        daemon_call_begin(d, c->late);
        return c;
}

/*
 * Others must not be able to keep root from its work: they get the first half of the workers only, and of
 * calls that wait for polkit each of them has as many at most.
 */
static int check_share(const struct call *c, struct error *error)
{
        size_t waiting = 0;

        if (c->job.caller_uid == 0)
                return 0;
        for (const struct call *other = c->daemon->calls; other; other = other->next)
                waiting += other->job.caller_uid == c->job.caller_uid;
        if (waiting <= DAEMON_CALLS_OF_USERS_MAX &&
            worker_pool_size(c->daemon->pool) < DAEMON_CALLS_OF_USERS_MAX)
                return 0;
        return error_set(error, ERROR_LIMITS_EXCEEDED, EAGAIN,
                         "Too many operations of unprivileged users are under way already, try again later");
}

/* Asking who calls costs a round trip: only where the answer counts. */
static int admit(struct call *c, bool caller_counts, struct error *error)
{
        if (!caller_counts && worker_pool_size(c->daemon->pool) < DAEMON_CALLS_OF_USERS_MAX)
                return 0;
        c->job.caller_uid = caller_uid(c->message);
        return check_share(c, error);
}

void call_begin(struct call *c)
{
        _cleanup_error_ struct error error = {};

        if (admit(c, false, &error) < 0)
                call_fail(c, &error);
        else
                call_start(c);
}

int call_handle_property(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
        static const struct method get_state = {NULL, NULL, "", NULL, job_own_state, reply_variant_string};
        const char *path = sd_bus_message_get_path(m), *interface, *property;
        _cleanup_free_ char *image = NULL;
        struct call *c;

        if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "Get") <= 0 ||
            sd_bus_path_decode(path, PORTABLE_IMAGE_PATH, &image) <= 0 ||
            !sd_bus_message_has_signature(m, "ss"))
                return 0;
        if (sd_bus_message_read(m, "ss", &interface, &property) < 0 || sd_bus_message_rewind(m, true) < 0 ||
            strcmp(interface, PORTABLED_IMAGE_INTERFACE) != 0 || strcmp(property, "State") != 0)
                return 0;
        c = call_new(userdata, m, &get_state);
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
        r = c->method ? call_read(c, image) : -ENOSYS;
        if (r < 0) {
                call_free(c);
                return r;
        }
        if (admit(c, needs_polkit(c), &error) < 0) {
                call_fail(c, &error);
                return 1;
        }
        if (needs_polkit(c)) {
                c->job.viewer = OPERATION_TRUSTED; /* by the time that it runs */
                r = polkit_check(c, c->method->action, &error);
                if (r == 0)
                        return 1;
                if (r < 0) {
                        call_fail(c, &error);
                        return 1;
                }
        }
        call_start(c);
        return 1;
}
