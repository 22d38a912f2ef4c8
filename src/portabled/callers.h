/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_CALLERS_H
#define PORTABLED_CALLERS_H

/*
 * Who goes away, or says so, wants no answer any more: what it asked for is cancelled, as far as that is
 * possible (call_cancel()). A call that asks for no reply goes on, as its caller never meant to wait.
 */

struct daemon;

/* From now on the daemon hears of those who leave the bus. Before the name is taken, so that nobody can call
 * and leave unheard. Returns 0 or a negative errno. */
int callers_watch(struct daemon *d);

/* Cancels all calls of this unique name that are under way. */
void callers_cancel(struct daemon *d, const char *name);

#endif
