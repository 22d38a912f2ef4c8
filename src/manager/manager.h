/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MANAGER_MANAGER_H
#define MANAGER_MANAGER_H

/*
 * Calls to the service manager (org.freedesktop.systemd1) that an attach needs, blocking: made from a worker
 * process or from the client, never from the daemon's loop. The bus connection belongs to the caller. Source
 * of all members: org.freedesktop.systemd1(5).
 */

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-bus.h>

struct error;

/* The manager's version as a number (252 from "252.39-1~deb12u1"), 0 if it can't be parsed. */
int manager_get_version(sd_bus *bus, unsigned *ret, struct error *error);

/* UnitPath: the directories units are loaded from, in order. strv owned by the caller. */
int manager_get_unit_path(sd_bus *bus, char ***ret, struct error *error);

struct manager_unit_state {
        char *name;
        char *load_state;   /* "loaded", "not-found", "masked", ... */
        char *active_state; /* "active", "inactive", "failed", "activating", ... */
};

/* States of these units in one call (ListUnitsByNames), templates left out (ask manager_list_instances() for
 * them). The result has an entry for each name that the manager answered. Free with
 * manager_unit_states_free(). */
int manager_get_unit_states(sd_bus *bus, char *const *names, struct manager_unit_state **ret, size_t *ret_n,
                            struct error *error);
/* Running units that are instances of the template names ("a@.service"): ListUnitsByPatterns in one call. */
int manager_get_instance_states(sd_bus *bus, char *const *templates, struct manager_unit_state **ret,
                                size_t *ret_n, struct error *error);
void manager_unit_states_free(struct manager_unit_state *states, size_t n);

/* True for the states in which a unit must not be detached: all but inactive and failed. */
bool manager_active_state_is_active(const char *active_state);

struct manager_unit_file {
        char *name;
        char *state; /* "enabled", "disabled", "static", "linked", ... */
};

/* Unit file states of all files whose name is in names, one ListUnitFilesByPatterns call. */
int manager_get_unit_file_states(sd_bus *bus, char *const *names, struct manager_unit_file **ret,
                                 size_t *ret_n, struct error *error);
void manager_unit_files_free(struct manager_unit_file *files, size_t n);

/* daemon-reload; waits until it is done. */
int manager_reload(sd_bus *bus, struct error *error);

#endif
