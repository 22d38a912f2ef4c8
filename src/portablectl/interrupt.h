/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_INTERRUPT_H
#define PORTABLECTL_INTERRUPT_H

/*
 * SIGINT and SIGTERM while the daemon changes something: the first one cancels what it was asked for (Cancel
 * of org.portabled.Manager1), and its answer, which tells what became of it, is waited for, though not
 * for long. A second one ends us at once, as it would anywhere else.
 */

#include <signal.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

struct interrupt {
        int fd; /* -EBADF: signals do what they always do */
        sigset_t before;
        int seen;       /* the first one that has come, 0: none */
        uint64_t until; /* then: when to wait no longer for the answer, µs, monotonic */
};

/* From here to interrupt_end() the signals wait to be taken. Never fails: without it, they end us. */
void interrupt_begin(struct interrupt *i);
void interrupt_end(struct interrupt *i);

/* As sd_bus_wait(bus, UINT64_MAX), but takes the signals, too. */
int interrupt_wait(struct interrupt *i, sd_bus *bus);

struct client;
struct error;

/* Sets *error to what is told where it came too late: the images are done ("attached") already. Nothing
 * further is begun with them. Returns -ECANCELED. */
int interrupt_too_late(const struct client *client, const char *done, struct error *error);

/* Where an image was to be detached and was not: nothing was changed of it, but what was done with its units
 * before stays so, and then *error says that. */
void interrupt_tell_units(const struct client *client, struct error *error);

#endif
