/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_DAEMON_CALL_H
#define PORTABLECTL_DAEMON_CALL_H

/* One method call to the daemon, for the files daemon*.c. */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

struct error;
struct interrupt;
struct progress;

/* Operations that change something end when they end: a copy of an image may take minutes, and so may
 * somebody who looks for a password. Unless the user says how long that may be (--timeout=). */
#define NO_TIMEOUT UINT64_MAX

/* Sets *error from what a call to the daemon on that bus failed with; returns the negative errno. */
int daemon_failed(sd_bus *bus, struct error *error, const sd_bus_error *answer, int r);

/* Whether that is the answer of a daemon without our own interface: it says so, or its bus policy does. */
bool daemon_lacks_interface(const sd_bus_error *answer);

/*
 * As sd_bus_call(), but does not wait for the bus to say hello before it sends. Returns 0, or a negative
 * errno with *ret_error set if there was an error for an answer; -ECONNRESET if the connection was lost.
 * Takes signals meanwhile; interrupt and ret may be NULL.
 */
int daemon_call(sd_bus *bus, sd_bus_message *m, uint64_t usec, struct interrupt *interrupt,
                sd_bus_error *ret_error, sd_bus_message **ret);

/* daemon_call(), which meanwhile shows the progress of copies and the waits that the daemon tells of. With
 * progress->change a signal cancels it, of which progress->interrupted tells. progress may be NULL: neither.
 */
int daemon_call_with_progress(sd_bus *bus, sd_bus_message *m, uint64_t usec, struct progress *progress,
                              sd_bus_error *answer, sd_bus_message **ret);

/* Sets *error for an answer that does not follow the contract; returns r. */
int daemon_bad_answer(struct error *error, int r, sd_bus_message *m);

#endif
