/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portabled/places.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portabled/call.h"
#include "portabled/daemon.h"
#include "worker/worker.h"

struct held_total {
        size_t calls, bytes;
};

int places_check(const struct call *c, struct error *error)
{
        struct held_total users = {}, own = {};
        uint32_t uid = c->request.caller_uid;

        for (const struct call *other = c->daemon->calls; other && uid != 0; other = other->next) {
                if (other->request.caller_uid != 0 && other->request.caller_uid != OWNER_NOT_LOOKED_UP) {
                        users.calls++;
                        users.bytes += other->size;
                }
                if (other->request.caller_uid == uid) {
                        own.calls++;
                        own.bytes += other->size;
                }
        }
        if (uid == 0)
                return 0;
        if (own.calls > CALLS_OF_USER_MAX || own.bytes > BYTES_OF_USER_MAX)
                return error_set(error, ERROR_LIMITS_EXCEEDED, EAGAIN,
                                 "User %u has too many calls under way already, try again later", uid);
        if (users.calls > CALLS_OF_USERS_MAX || users.bytes > BYTES_OF_USERS_MAX)
                return error_set(error, ERROR_LIMITS_EXCEEDED, EAGAIN,
                                 "Too many calls of unprivileged users are under way already, try again "
                                 "later");
        return 0;
}

static bool is_held(const struct daemon *d)
{
        return sd_event_source_get_enabled(d->hold, NULL) > 0;
}

static bool has_place(const struct daemon *d, uint32_t uid)
{
        const struct worker_pool *p = d->pool;
        size_t held = worker_pool_held(p);

        if (held >= PLACES_MAX || is_held(d))
                return false;
        return uid == 0 || (held - worker_pool_held_by(p, 0) < PLACES_OF_USERS_MAX &&
                            worker_pool_held_by(p, uid) < PLACES_OF_USER_MAX);
}

static int on_patience_lost(sd_event_source *s, uint64_t usec, void *userdata)
{
        _cleanup_error_ struct error error = {};
        struct call *c = userdata;

        error_set(&error, ERROR_LIMITS_EXCEEDED, EAGAIN,
                  "%zu operations are under way already, none of which has ended within %u seconds; try "
                  "again later",
                  worker_pool_held(c->daemon->pool), PLACE_PATIENCE_SECONDS);
        call_fail(c, &error);
        return 0;
}

static void wait_for_place(struct call *c)
{
        _cleanup_error_ struct error error = {};
        int r = sd_event_add_time_relative(c->daemon->event, &c->patience, CLOCK_MONOTONIC,
                                           (uint64_t)PLACE_PATIENCE_SECONDS * 1000 * 1000, 0,
                                           on_patience_lost, c);

        if (r >= 0)
                return;
        error_set_errno(&error, r, "Cannot wait for other operations to end");
        call_fail(c, &error);
}

/* Some call can go on. */
static void schedule(struct daemon *d)
{
        int enabled;

        sd_event_source_set_enabled(d->turn, SD_EVENT_ONESHOT);
        if (sd_event_source_get_enabled(d->late_turn, &enabled) > 0)
                return;
        sd_event_source_set_time_relative(d->late_turn, (uint64_t)TURN_MSEC * 1000);
        sd_event_source_set_enabled(d->late_turn, SD_EVENT_ONESHOT);
}

void places_queue(struct call *c)
{
        c->fresh = true;
        schedule(c->daemon);
}

void places_take(struct call *c)
{
        schedule(c->daemon);
        wait_for_place(c);
}

/* The oldest of those whose user holds the fewest places. New calls are at the head of the list. */
static struct call *find_next(struct daemon *d)
{
        struct call *best = NULL;
        size_t fewest = 0;

        for (struct call *c = d->calls; c; c = c->next) {
                size_t held;

                if (!c->patience || !has_place(d, c->request.caller_uid))
                        continue;
                held = worker_pool_held_by(d->pool, c->request.caller_uid);
                if (best && held > fewest)
                        continue;
                best = c;
                fewest = held;
        }
        return best;
}

static struct call *find_fresh(struct daemon *d)
{
        struct call *oldest = NULL;

        for (struct call *c = d->calls; c; c = c->next)
                if (c->fresh)
                        oldest = c;
        return oldest;
}

/* One step for one call. Those who have a place to take first, as they have waited longer. */
static bool take_turn(struct daemon *d)
{
        struct call *c = find_next(d);

        if (c) {
                c->patience = sd_event_source_disable_unref(c->patience);
                call_run(c);
                return true;
        }
        c = find_fresh(d);
        if (!c)
                return false;
        c->fresh = false;
        call_go(c);
        return true;
}

static int on_turn(sd_event_source *s, void *userdata)
{
        struct daemon *d = userdata;

        if (take_turn(d))
                return sd_event_source_set_enabled(d->turn, SD_EVENT_ONESHOT);
        return sd_event_source_set_enabled(d->late_turn, SD_EVENT_OFF);
}

/* The bus has more and more: who waits is not to pay for that. */
static int on_late_turn(sd_event_source *s, uint64_t usec, void *userdata)
{
        struct daemon *d = userdata;

        while (take_turn(d))
                ;
        return 0;
}

static int on_held_enough(sd_event_source *s, uint64_t usec, void *userdata)
{
        schedule(userdata);
        return 0;
}

void places_hold(struct daemon *d)
{
        sd_event_source_set_time_relative(d->hold, (uint64_t)HOLD_SECONDS * 1000 * 1000);
        sd_event_source_set_enabled(d->hold, SD_EVENT_ONESHOT);
}

void places_release(struct daemon *d)
{
        sd_event_source_set_enabled(d->hold, SD_EVENT_OFF);
        schedule(d);
}

int places_set_up(struct daemon *d)
{
        int r = sd_event_add_defer(d->event, &d->turn, on_turn, d);

        if (r >= 0)
                r = sd_event_source_set_priority(d->turn, SD_EVENT_PRIORITY_NORMAL + 10);
        if (r >= 0)
                r = sd_event_source_set_enabled(d->turn, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time_relative(d->event, &d->late_turn, CLOCK_MONOTONIC, 0, 0, on_late_turn,
                                               d);
        if (r >= 0)
                r = sd_event_source_set_priority(d->late_turn, SD_EVENT_PRIORITY_NORMAL - 5);
        if (r >= 0)
                r = sd_event_source_set_enabled(d->late_turn, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time_relative(d->event, &d->hold, CLOCK_MONOTONIC, 0, 0, on_held_enough, d);
        return r < 0 ? r : sd_event_source_set_enabled(d->hold, SD_EVENT_OFF);
}

void places_clear(struct daemon *d)
{
        d->turn = sd_event_source_disable_unref(d->turn);
        d->late_turn = sd_event_source_disable_unref(d->late_turn);
        d->hold = sd_event_source_disable_unref(d->hold);
}

void places_next(struct daemon *d)
{
        schedule(d);
}
