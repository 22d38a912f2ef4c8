/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_POLKIT_H
#define PORTABLED_POLKIT_H

/* Asks polkit whether a caller may do what it asks for, without waiting for the answer. Source: the D-Bus
 * interface org.freedesktop.PolicyKit1.Authority. */

struct call;
struct daemon;
struct error;

/* 1: allowed at once (root). 0: asked, places_take() or call_fail() follows, after daemon->polkit_seconds at
 * the latest. Negative: refused, error is set. */
int polkit_check(struct call *c, const char *action, struct error *error);

/* Nobody waits for the answer any more, so that nobody shall be asked. */
void polkit_withdraw(struct call *c);

/* Ends all calls that wait for an answer, with an error. */
void polkit_give_up(struct daemon *d);

#endif
