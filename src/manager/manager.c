/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/manager.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/strv.h"
#include "manager/call.h"
#include "manager/wait.h"
#include "wire/error-names.h"

/* What cleaning may take: directories of a service can be large. */
#define CLEAN_USEC_MAX UINT64_C(600000000)

#define SETTLE_USEC_MAX UINT64_C(5000000)

int manager_open_bus(const struct layout *layout, sd_bus **ret)
{
        int r = layout->scope == LAYOUT_USER ? sd_bus_open_user(ret) : sd_bus_open_system(ret);

        return r < 0 ? r : 0;
}

static int get_strv(sd_bus *bus, const char *property, char ***ret, struct error *error)
{
        _cleanup_(sd_bus_error_free) sd_bus_error answer = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_get_property_strv(bus, MANAGER_BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE, property,
                                     &answer, ret);
        if (r < 0 && sd_bus_error_is_set(&answer))
                return error_from_bus(error, &answer, r);
        return r < 0 ? error_set_errno(error, r, "Cannot read %s of the service manager", property) : 0;
}

void manager_settle(sd_bus *bus)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        if (sd_bus_message_new_method_call(bus, &m, MANAGER_BUS_NAME, MANAGER_PATH,
                                           "org.freedesktop.DBus.Peer", "Ping") >= 0)
                (void)sd_bus_call(bus, m, SETTLE_USEC_MAX, NULL, NULL);
}

int manager_get_environment(sd_bus *bus, char ***ret, struct error *error)
{
        return get_strv(bus, "Environment", ret, error);
}

struct version_answer {
        bool here;
        unsigned version;
        struct error error;
};

static int on_version(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
        struct version_answer *a = userdata;
        const char *version;
        int r;

        a->here = true;
        if (sd_bus_message_is_method_error(m, NULL)) {
                (void)error_from_bus(&a->error, sd_bus_message_get_error(m), -sd_bus_message_get_errno(m));
                return 0;
        }
        r = sd_bus_message_read(m, "v", "s", &version);
        if (r < 0)
                error_set_errno(&a->error, r, "Cannot read Version of the service manager");
        else
                a->version = (unsigned)strtoul(version, NULL, 10);
        return 0;
}

static int wait_for_version(sd_bus *bus, const struct version_answer *a)
{
        while (!a->here) {
                int r = sd_bus_process(bus, NULL);

                if (r == 0)
                        r = sd_bus_wait(bus, UINT64_MAX);
                if (r < 0 && r != -EINTR)
                        return r;
        }
        return 0;
}

int manager_get_version_and_unit_path(sd_bus *bus, unsigned *ret_version, char ***ret_unit_path,
                                      struct error *error)
{
        _cleanup_(sd_bus_slot_unrefp) sd_bus_slot *slot = NULL;
        struct version_answer answer = {};
        char **unit_path = NULL;
        int r;

        r = sd_bus_call_method_async(bus, &slot, MANAGER_BUS_NAME, MANAGER_PATH,
                                     "org.freedesktop.DBus.Properties", "Get", on_version, &answer, "ss",
                                     MANAGER_INTERFACE, "Version");
        if (r < 0)
                return error_set_errno(error, r, "Cannot read Version of the service manager");
        r = get_strv(bus, "UnitPath", &unit_path, error);
        if (r < 0)
                return r;
        r = wait_for_version(bus, &answer);
        if (r < 0)
                r = error_set_errno(error, r, "Cannot read Version of the service manager");
        else if (error_is_set(&answer.error)) {
                r = -answer.error.errnum;
                error_move(error, &answer.error);
        }
        if (r < 0) {
                strv_free(unit_path);
                return r;
        }
        *ret_version = answer.version;
        *ret_unit_path = unit_path;
        return 0;
}

int manager_reload(sd_bus *bus, const struct wait *wait, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = manager_call_new(bus, "Reload", &m, error);
        if (r < 0)
                return r;
        return wait_for_call(bus, wait, m, "the service manager to reload", NULL, error);
}

static int clean_call(sd_bus *bus, const struct wait *wait, const char *unit, char *const *what,
                      struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = manager_call_new(bus, "CleanUnit", &m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", unit);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **)what);
        if (r < 0)
                return error_set_oom(error);
        return wait_for_call(bus, wait, m, "the service manager to clean up", NULL, error);
}

static int active_state(sd_bus *bus, const char *unit, char **ret, struct error *error)
{
        char *names[] = {(char *)unit, NULL};
        struct manager_unit_state *states = NULL;
        size_t n = 0;
        int r;

        r = manager_get_unit_states(bus, names, &states, &n, error);
        if (r < 0)
                return r;
        *ret = strdup(n > 0 ? states[0].active_state : "inactive");
        manager_unit_states_free(states, n);
        return *ret ? 0 : error_set_oom(error);
}

int manager_reset_failed(sd_bus *bus, const char *unit, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = manager_call_new(bus, "ResetFailedUnit", &m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", unit);
        return r < 0 ? error_set_oom(error) : manager_call_send(bus, m, 0, NULL, error);
}

int manager_get_start_time(sd_bus *bus, const char *unit, uint64_t *ret, struct error *error)
{
        _cleanup_(sd_bus_error_free) sd_bus_error answer = SD_BUS_ERROR_NULL;
        _cleanup_free_ char *path = NULL;
        int r;

        r = sd_bus_path_encode(MANAGER_PATH "/unit", unit, &path);
        if (r < 0)
                return error_set_oom(error);
        r = sd_bus_get_property_trivial(bus, MANAGER_BUS_NAME, path, "org.freedesktop.systemd1.Service",
                                        "ExecMainStartTimestamp", &answer, 't', ret);
        if (r < 0 && sd_bus_error_is_set(&answer))
                return error_from_bus(error, &answer, r);
        return r < 0 ? error_set_errno(error, r, "Cannot ask when unit '%s' was started", unit) : 0;
}

int manager_get_triggers(sd_bus *bus, const char *unit, char ***ret, struct error *error)
{
        _cleanup_(sd_bus_error_free) sd_bus_error answer = SD_BUS_ERROR_NULL;
        _cleanup_free_ char *path = NULL;
        int r;

        r = sd_bus_path_encode(MANAGER_PATH "/unit", unit, &path);
        if (r < 0)
                return error_set_oom(error);
        r = sd_bus_get_property_strv(bus, MANAGER_BUS_NAME, path, "org.freedesktop.systemd1.Unit",
                                     "Triggers", &answer, ret);
        if (r < 0 && sd_bus_error_is_set(&answer))
                return error_from_bus(error, &answer, r);
        return r < 0 ? error_set_errno(error, r, "Cannot ask what unit '%s' triggers", unit) : 0;
}

/* Only an inactive unit can be cleaned; one that failed counts as such once that is forgotten. */
static int clean_prepare(sd_bus *bus, const char *unit, struct error *error)
{
        _cleanup_free_ char *state = NULL;
        int r;

        r = active_state(bus, unit, &state, error);
        if (r < 0 || strcmp(state, "failed") != 0)
                return r;
        return manager_reset_failed(bus, unit, error);
}

/* The manager answers when cleaning starts; until it ends the unit counts as active ("maintenance"). */
static int clean_wait(sd_bus *bus, const struct wait *wait, const char *unit, struct error *error)
{
        struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
        uint64_t left = wait_left(wait), start = clock_usec();
        bool told = !wait || !wait->tell;

        if (left > CLEAN_USEC_MAX)
                left = CLEAN_USEC_MAX;
        while (clock_usec() - start < left) {
                _cleanup_free_ char *state = NULL;
                int r;

                r = active_state(bus, unit, &state, error);
                if (r < 0 || strcmp(state, "maintenance") != 0)
                        return r;
                if (!told && clock_usec() - start >= UINT64_C(1000000)) {
                        wait->tell("the service manager to clean up", wait->userdata);
                        told = true;
                }
                nanosleep(&pause, NULL);
                if (pause.tv_nsec < 320 * 1000 * 1000)
                        pause.tv_nsec *= 2;
        }
        return error_set(error, ERROR_TIMEOUT, ETIMEDOUT, "Cleaning did not end within %" PRIu64 " seconds",
                         left / 1000000);
}

int manager_clean_unit(sd_bus *bus, const struct wait *wait, const char *unit, struct error *error)
{
        char *const everything[] = {(char *)"all", (char *)"fdstore", NULL};
        char *const old[] = {(char *)"all", NULL};
        _cleanup_error_ struct error e = {};
        int r;

        r = clean_prepare(bus, unit, error);
        if (r < 0)
                return r;
        r = clean_call(bus, wait, unit, everything, &e);
        if (r < 0 && e.kind == ERROR_INVALID_ARGS) { /* "fdstore" came with 254 */
                error_clear(&e);
                r = clean_call(bus, wait, unit, old, &e);
        }
        if (e.errnum == ENODATA) /* the unit has nothing of all that */
                return 0;
        if (r < 0) {
                error_move(error, &e);
                return r;
        }
        return clean_wait(bus, wait, unit, error);
}
