/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MANAGER_CALL_H
#define MANAGER_CALL_H

/* One method call to the manager object, for the files of this folder. */

#include <stdint.h>
#include <systemd/sd-bus.h>

struct error;

#define MANAGER_BUS_NAME  "org.freedesktop.systemd1"
#define MANAGER_PATH      "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"

/* A call without arguments yet. Returns 0 or a negative errno with *error set. */
int manager_call_new(sd_bus *bus, const char *member, sd_bus_message **ret, struct error *error);

/* Sends m and waits at most usec µs (0: the default of the connection). *ret may be NULL. The error is what
 * the manager answered. Returns 0 or a negative errno. */
int manager_call_send(sd_bus *bus, sd_bus_message *m, uint64_t usec, sd_bus_message **ret,
                      struct error *error);

/* Sets *error for an answer that is not what org.freedesktop.systemd1(5) promises; returns r. */
int manager_call_bad_answer(struct error *error, int r, const char *member);

/* Takes a variant with a list of strings (strv, in the place of the one that is there). */
int manager_read_list(sd_bus_message *m, char ***ret);

/* Of an answer to GetAll: take() gets the message at the variant of each property, which it has to take or
 * to skip. Both return 0 or a negative errno. */
int manager_read_properties(sd_bus_message *m,
                            int (*take)(sd_bus_message *m, const char *name, void *userdata),
                            void *userdata);

#endif
