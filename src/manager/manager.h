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
#include <stdint.h>
#include <systemd/sd-bus.h>

struct error;
struct layout;

/* Connects to the bus that the service manager of the layout's scope is on. *ret is owned by the caller.
 * Returns 0 or a negative errno. */
int manager_open_bus(const struct layout *layout, sd_bus **ret);

/* The manager's version as a number (252 from "252.39-1~deb12u1"), 0 if it can't be parsed; and UnitPath:
 * the directories units are loaded from, in order (strv owned by the caller). Both at the price of one: the
 * second question does not wait for the first answer. */
int manager_get_version_and_unit_path(sd_bus *bus, unsigned *ret_version, char ***ret_unit_path,
                                      struct error *error);

/* Returns when the manager has ended what it was about when called, such as loading units; or after 5 s, as
 * a manager that hangs must not keep others from ending what they have begun. */
void manager_settle(sd_bus *bus);

/* What it gives the services that it starts ("NAME=value", strv owned by the caller). */
int manager_get_environment(sd_bus *bus, char ***ret, struct error *error);

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
/* Units that are instances of the template names ("a@.service"): ListUnitsByPatterns in one call. Those that
 * are active, or with all those that the manager has in memory, such as failed ones. */
int manager_get_instance_states(sd_bus *bus, char *const *templates, bool all,
                                struct manager_unit_state **ret, size_t *ret_n, struct error *error);
void manager_unit_states_free(struct manager_unit_state *states, size_t n);

/* True for the states in which a unit must not be detached: all but inactive and failed. */
bool manager_active_state_is_active(const char *active_state);

struct manager_unit_file {
        char *name;
        char *state; /* "enabled", "disabled", "static", "linked", ... */
        char *path;  /* the file the manager would load */
};

/* Unit file states of all files whose name is in names, one ListUnitFilesByPatterns call. Others may be
 * among them: the manager compares each file with each pattern, so many names are not made patterns. */
int manager_get_unit_file_states(sd_bus *bus, char *const *names, struct manager_unit_file **ret,
                                 size_t *ret_n, struct error *error);
void manager_unit_files_free(struct manager_unit_file *files, size_t n);

struct wait;

/* daemon-reload; waits until it is done, as long as wait (see manager/wait.h, may be NULL) lets it. */
int manager_reload(sd_bus *bus, const struct wait *wait, struct error *error);

/* Flags of EnableUnitFilesWithFlags() and DisableUnitFilesWithFlags(). */
#define MANAGER_FILES_RUNTIME  (UINT64_C(1) << 0) /* links below /run instead of /etc */
#define MANAGER_FILES_FORCE    (UINT64_C(1) << 1) /* replace links to other units */
#define MANAGER_FILES_PORTABLE (UINT64_C(1) << 2) /* links in the system.attached directories */

/* One link made or removed, as the manager reports it. */
struct manager_file_change {
        char *type;   /* "symlink", "unlink", ... */
        char *path;   /* the link */
        char *source; /* what it points to, "" if removed */
};

/* Makes the links of the [Install] section of one unit, given by the path of its file. Fails with what the
 * manager says, e.g. for a template without a default instance. */
int manager_enable_unit_file(sd_bus *bus, const char *path, uint64_t flags, struct manager_file_change **ret,
                             size_t *ret_n, struct error *error);
/* Removes all links to units of these names; names that have none are not an error. */
int manager_disable_unit_files(sd_bus *bus, char *const *names, uint64_t flags,
                               struct manager_file_change **ret, size_t *ret_n, struct error *error);
void manager_file_changes_free(struct manager_file_change *changes, size_t n);

/* Forgets that the unit failed, and how often it was started of late. Returns -ENOENT for one that is not
 * known. */
int manager_reset_failed(sd_bus *bus, const char *unit, struct error *error);

/* When the main process of a service that runs was started, in µs since the epoch, 0 for none. */
int manager_get_start_time(sd_bus *bus, const char *unit, uint64_t *ret, struct error *error);

/* The units that a timer, socket or path starts (property Triggers; strv owned by the caller). The unit is
 * loaded for that. */
int manager_get_triggers(sd_bus *bus, const char *unit, char ***ret, struct error *error);

/* Removes what the unit keeps on disk and in memory: configuration, state, cache, logs, runtime data and
 * stored descriptors. The unit must be inactive. Waits until it is done, as long as wait lets it. */
int manager_clean_unit(sd_bus *bus, const struct wait *wait, const char *unit, struct error *error);

#endif
