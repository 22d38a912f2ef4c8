/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/pack.h"
#include "basic/strv.h"
#include "extract/network.h"
#include "manager/manager.h"
#include "partition/probe.h"
#include "portabled/callers.h"
#include "portabled/inner.h"
#include "portabled/log.h"
#include "portabled/objects.h"
#include "portabled/places.h"
#include "portabled/polkit.h"
#include "transaction/transaction.h"
#include "wire/methods.h"
#include "wire/names.h"
#include "worker/run.h"
#include "worker/worker.h"

static int on_idle(sd_event_source *s, uint64_t usec, void *userdata)
{
        daemon_leave(userdata);
        return 0;
}

/* When the calls that came before the stop have ended, and again when the last one has. */
static void leave_further(struct daemon *d)
{
        if (d->leaving && (d->nameless ? d->n_calls == 0 : d->n_calls == d->n_late))
                sd_event_source_set_enabled(d->stop, SD_EVENT_ONESHOT);
}

static void idle_restart(struct daemon *d)
{
        if (!d->idle || d->stay)
                return;
        sd_event_source_set_time_relative(d->idle, (uint64_t)DAEMON_IDLE_SECONDS * 1000 * 1000);
        sd_event_source_set_enabled(d->idle, d->n_calls == 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void daemon_call_begin(struct daemon *d, bool late)
{
        d->n_calls++;
        d->n_late += late;
        idle_restart(d);
}

void daemon_call_end(struct daemon *d, bool late)
{
        d->n_calls--;
        d->n_late -= late;
        idle_restart(d);
        leave_further(d);
}

/* From the moment the name is given back new calls start a new daemon. What was delivered before is ours. */
static int on_stop(sd_event_source *s, void *userdata)
{
        struct daemon *d = userdata;

        if (!d->nameless) {
                if (sd_bus_release_name(d->bus, PORTABLE_BUS_NAME) < 0)
                        log_message(LOG_WARNING, "Cannot release the bus name, leaving anyway");
                d->nameless = true;
        }
        while (sd_bus_process(d->bus, NULL) > 0)
                ;
        return d->n_calls == 0 ? sd_event_exit(d->event, 0) : 0;
}

/* A prompt may be left unanswered for ever, a stop may not. Nothing was begun yet. */
static int on_give_up(sd_event_source *s, uint64_t usec, void *userdata)
{
        polkit_give_up(userdata);
        sd_event_source_set_time_relative(s, (uint64_t)DAEMON_POLKIT_SECONDS * 1000 * 1000);
        return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

void daemon_leave(struct daemon *d)
{
        if (d->leaving)
                return;
        d->leaving = true;
        sd_notify(0, "STOPPING=1\nSTATUS=Finishing the operations under way.");
        sd_event_source_set_time_relative(d->give_up, (uint64_t)DAEMON_POLKIT_SECONDS * 1000 * 1000);
        sd_event_source_set_enabled(d->give_up, SD_EVENT_ONESHOT);
        leave_further(d);
}

static int on_stop_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata)
{
        daemon_leave(userdata);
        return 0;
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct daemon *d = userdata;

        log_message(LOG_INFO, "The bus closed the connection, leaving");
        d->leaving = d->nameless = true;
        polkit_give_up(d);
        leave_further(d);
        return 0;
}

/* Every call, whichever object it is for, counts as activity; that others on the bus come and go does not.
 */
static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        if (sd_bus_message_is_method_call(m, NULL, NULL) > 0)
                idle_restart(userdata);
        return 0;
}

static int open_bus(struct daemon *d)
{
        int r = manager_open_bus(d->layout, &d->bus);

        if (r < 0)
                return log_errno(r, "Cannot connect to the %s bus",
                                 d->layout->scope == LAYOUT_USER ? "user's" : "system");
        r = sd_bus_attach_event(d->bus, d->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_add_filter(d->bus, NULL, on_message, d);
        if (r >= 0)
                r = sd_bus_match_signal_async(d->bus, NULL, "org.freedesktop.DBus.Local",
                                              "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
                                              "Disconnected", on_disconnected, NULL, d);
        if (r >= 0)
                r = callers_watch(d);
        if (r >= 0)
                r = objects_register(d);
        if (r < 0)
                return log_errno(r, "Cannot set up the bus objects");
        return 0;
}

static void on_recovered(struct unpack *reply, struct error *error, void *userdata)
{
        struct daemon *d = userdata;

        if (error)
                log_message(LOG_ERR, "Cannot finish what an earlier operation left: %s",
                            error_message(error));
        d->recovering = false;
        places_release(d);
        daemon_call_end(d, false);
}

int daemon_recover(struct daemon *d)
{
        static const struct operation_request nothing = {};
        _cleanup_pack_ struct pack request = {};
        const struct worker_task task = {.request = &request, .done = on_recovered, .userdata = d};
        _cleanup_error_ struct error error = {};
        int r;

        d->recover_again = d->recovering || worker_pool_held(d->pool) >= PLACES_MAX;
        if (d->recover_again)
                return 0;
        operation_request_pack(&request, method_find(NULL, "recover"), &nothing);
        r = request.failed ? error_set_oom(&error) : worker_start(d->pool, &task, NULL, &error);
        if (r < 0) {
                log_message(LOG_ERR, "%s", error_message(&error));
                return r;
        }
        d->recovering = true;
        places_hold(d);
        daemon_call_begin(d, false);
        return 0;
}

/* Nearly always there is nothing, and then no worker is needed to say so. */
static bool is_unfinished(struct daemon *d)
{
        _cleanup_error_ struct error error = {};
        _cleanup_strv_ char **left = NULL;

        return transaction_list_unfinished(d->root_fd, d->layout, &left, &error) < 0 || left;
}

/* A worker's place is free. Clean-up goes first. */
static void on_place(void *userdata)
{
        struct daemon *d = userdata;

        if (d->recover_again && !d->recovering)
                (void)daemon_recover(d);
        places_next(d);
}

/* What workers can use but nobody has to wait for. */
static int on_spare_time(sd_event_source *s, void *userdata)
{
        struct daemon *d = userdata;

        image_probe_prepare();
        if (network_make(&d->network_fd) >= 0)
                worker_pool_keep(d->pool, d->network_fd);
        worker_pool_keep_spare(d->pool);
        return 0;
}

static int set_up_spare_time(struct daemon *d)
{
        _cleanup_(sd_event_source_unrefp) sd_event_source *s = NULL;
        int r = sd_event_add_defer(d->event, &s, on_spare_time, d);

        if (r >= 0)
                r = sd_event_source_set_priority(s, SD_EVENT_PRIORITY_IDLE);
        return r < 0 ? r : sd_event_source_set_floating(s, true);
}

static int set_up_idle(struct daemon *d)
{
        int r = sd_event_add_time_relative(d->event, &d->idle, CLOCK_MONOTONIC,
                                           (uint64_t)DAEMON_IDLE_SECONDS * 1000 * 1000, 0, on_idle, d);

        return r >= 0 && d->stay ? sd_event_source_set_enabled(d->idle, SD_EVENT_OFF) : r;
}

static int set_up_event(struct daemon *d)
{
        int r;

        r = sd_event_default(&d->event);
        if (r >= 0)
                r = sd_event_add_signal(d->event, NULL, SIGTERM, on_stop_signal, d);
        if (r >= 0)
                r = sd_event_add_signal(d->event, NULL, SIGINT, on_stop_signal, d);
        if (r >= 0)
                r = set_up_idle(d);
        if (r >= 0)
                r = sd_event_add_time_relative(d->event, &d->give_up, CLOCK_MONOTONIC, 0, 0, on_give_up, d);
        if (r >= 0)
                r = sd_event_source_set_enabled(d->give_up, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_defer(d->event, &d->stop, on_stop, d);
        if (r >= 0)
                r = sd_event_source_set_enabled(d->stop, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_set_watchdog(d->event, true);
        if (r >= 0)
                r = worker_pool_new(d->event, PLACES_MAX, &operation_worker, d->layout, &d->pool);
        if (r >= 0)
                worker_pool_on_freed(d->pool, on_place, d);
        if (r >= 0)
                r = places_set_up(d);
        if (r >= 0)
                r = set_up_spare_time(d);
        return r;
}

/* Each worker takes two while it is there. No code here uses select(2), which the soft limit is for. */
static void allow_descriptors(void)
{
        struct rlimit l;

        if (getrlimit(RLIMIT_NOFILE, &l) < 0)
                return;
        l.rlim_cur = l.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &l);
}

int daemon_begin(struct daemon *d)
{
        int r;

        allow_descriptors();
        d->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (d->root_fd < 0)
                return log_errno(errno, "Cannot open '/'");
        r = set_up_event(d);
        if (r < 0)
                return log_errno(r, "Cannot set up the event loop");
        r = open_bus(d);
        if (r < 0)
                return r;
        r = is_unfinished(d) ? daemon_recover(d) : 0;
        if (r < 0)
                return r;
        r = sd_bus_request_name(d->bus, PORTABLE_BUS_NAME, 0);
        if (r < 0)
                return log_errno(r, "Cannot acquire the bus name %s", PORTABLE_BUS_NAME);
        return 0;
}

int daemon_run(struct daemon *d)
{
        int r;

        sd_notify(0, "READY=1\nSTATUS=Processing requests.");
        r = sd_event_loop(d->event);
        if (r < 0)
                return log_errno(r, "The event loop failed");
        sd_bus_flush(d->bus);
        return 0;
}

void daemon_end(struct daemon *d)
{
        d->pool = worker_pool_free(d->pool);
        places_clear(d);
        d->idle = sd_event_source_disable_unref(d->idle);
        d->give_up = sd_event_source_disable_unref(d->give_up);
        d->stop = sd_event_source_disable_unref(d->stop);
        d->bus = sd_bus_flush_close_unref(d->bus);
        d->event = sd_event_unref(d->event);
        d->inner = inner_free(d->inner);
        objects_clear(d);
        d->root_fd = fd_close(d->root_fd);
        d->network_fd = fd_close(d->network_fd);
}
