/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_PLACES_H
#define PORTABLED_PLACES_H

/*
 * Who may have a process for its operation, and who waits for one. There are a number of places;
 * unprivileged users can have half of them, and each user a share of that. Who finds none waits for a while,
 * and the next place is for the user who holds the fewest: nobody can keep others from their turn.
 */

#include <stddef.h>
#include <stdint.h>

#define PLACES_MAX          64U /* operations at the same time */
#define PLACES_OF_USERS_MAX 32U /* of these, those of all users but root */
#define PLACES_OF_USER_MAX  8U  /* of these, those of one user */

/* Calls that are asked for, wait or are worked on: number, and bytes of what they ask for. */
#define CALLS_MAX          4096U
#define CALLS_OF_USERS_MAX 512U
#define CALLS_OF_USER_MAX  64U
#define BYTES_OF_USERS_MAX (16U * 1024U * 1024U)
#define BYTES_OF_USER_MAX  (2U * 1024U * 1024U)

/* How long a call waits for a place, in seconds: less than most callers wait for an answer. */
#define PLACE_PATIENCE_SECONDS 20U

/* Whose the first few calls are is not looked up: it costs a round trip, and there is room. */
#define CALLS_NOT_LOOKED_UP 4U
#define OWNER_NOT_LOOKED_UP UINT32_MAX

struct call;
struct daemon;
struct error;

/* Whether this call (its request.caller_uid and size are set) may be held at all, beside those there are.
 * ERROR_LIMITS_EXCEEDED. */
int places_check(const struct call *c, struct error *error);

/* To be called once; places_clear() takes it back. Returns 0 or a negative errno. */
int places_set_up(struct daemon *d);
void places_clear(struct daemon *d);

/*
 * call_go() follows when it is the turn of this call: the oldest first, one at a time, and not before what
 * the bus has for us is read, or TURN_MSEC have gone by. A worker costs a hundred times what a message
 * costs, and the next message may be that the caller has gone.
 */
#define TURN_MSEC 20U
void places_queue(struct call *c);

/* Starts the call's worker in its turn, when there is a place; call_fail() follows if none gets free in
 * time. */
void places_take(struct call *c);

/* A place is free: those who wait have their turn. */
void places_next(struct daemon *d);

/* Who comes waits until places_release(), or until this many seconds have gone by: what broke off may take
 * long to be undone, and is the business of few. */
#define HOLD_SECONDS 2U
void places_hold(struct daemon *d);
void places_release(struct daemon *d);

#endif
