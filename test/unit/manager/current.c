/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "basic/error.h"
#include "manager/bus.h"
#include "manager/current.h"
#include "manager/wait.h"

#define D          "/etc/systemd/system.attached/"
#define UNITS_PATH "/org/freedesktop/systemd1/unit"

/* What the manager here says of a unit, by its name; all that is not named is as it should be. */
struct told {
        const char *unit;
        bool loaded; /* before */
        const char *id, *second_name, *load_state, *fragment, *third_dropin;
        bool one_dropin, stale, silent;
};

static const struct told told[] = {
        {.unit = "good.service"},
        {.unit = "further.service", .third_dropin = "/usr/lib/systemd/system/service.d/all.conf"},
        {.unit = "foreign.service", .third_dropin = "/etc/systemd/system/foreign.service.d/x.conf"},
        {.unit = "prefix-a.service", .third_dropin = "/etc/systemd/system/prefix-.service.d/x.conf"},
        {.unit = "socket.service", .third_dropin = "/etc/systemd/system/socket.d/x.conf"},
        {.unit = "lacking.service", .one_dropin = true},
        {.unit = "loaded.service", .loaded = true},
        {.unit = "alias.service", .id = "other.service"},
        {.unit = "named.service", .second_name = "other.service"},
        {.unit = "missing.service", .load_state = "not-found", .fragment = ""},
        {.unit = "masked.service", .load_state = "masked"},
        {.unit = "elsewhere.service", .fragment = "/usr/lib/systemd/system/elsewhere.service"},
        {.unit = "stale.service", .stale = true},
        {.unit = "never.service", .silent = true},
        {.unit = "t@.service", .id = "t@portabled.service"},
        {.unit = "running@.service", .loaded = true},
};

static const struct told *find_told(const char *unit)
{
        for (size_t i = 0; i < ELEMENTSOF(told); i++)
                if (strcmp(told[i].unit, unit) == 0)
                        return told + i;
        return told;
}

static int on_get_unit(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *unit;

        if (sd_bus_message_read(m, "s", &unit) < 0)
                return -EINVAL;
        if (strcmp(unit, "refused.service") == 0)
                return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "No");
        return find_told(unit)->loaded
                       ? sd_bus_reply_method_return(m, "o", "/u")
                       : sd_bus_error_set(error, "org.freedesktop.systemd1.NoSuchUnit", "Not loaded.");
}

static int on_list(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        char **patterns;
        bool loaded = false;

        if (sd_bus_message_skip(m, "as") < 0 || sd_bus_message_read_strv(m, &patterns) < 0)
                return -EINVAL;
        for (size_t i = 0; patterns[i]; i++) {
                loaded |= strcmp(patterns[i], "running@*.service") == 0;
                free(patterns[i]);
        }
        free(patterns);
        return loaded ? sd_bus_reply_method_return(m, "a(ssssssouso)", 1, "running@x.service", "", "loaded",
                                                   "active", "running", "", "/u", 0, "", "/")
                      : sd_bus_reply_method_return(m, "a(ssssssouso)", 0);
}

static int append_list(sd_bus_message *m, const char *name, const char *a, const char *b, const char *c)
{
        const char *l[4] = {a, b ?: c, b ? c : NULL, NULL};
        int r = sd_bus_message_open_container(m, 'e', "sv");

        if (r >= 0)
                r = sd_bus_message_append(m, "s", name);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **)l);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* "t@portabled.service" is of "t@.service". */
static void file_of(const char *unit, char *file, size_t size)
{
        const char *at = strstr(unit, "@portabled");

        if (at)
                snprintf(file, size, "%.*s@%s", (int)(at - unit), unit, at + strlen("@portabled"));
        else
                snprintf(file, size, "%s", unit);
}

static int answer(sd_bus_message *reply, const char *unit)
{
        char file[64], fragment[128], profile[128], dropin[128];
        const struct told *t;

        file_of(unit, file, sizeof(file));
        t = find_told(file);
        snprintf(fragment, sizeof(fragment), D "%s", file);
        snprintf(profile, sizeof(profile), D "%s.d/10-profile.conf", file);
        snprintf(dropin, sizeof(dropin), D "%s.d/20-portable.conf", file);
        sd_bus_message_open_container(reply, 'a', "{sv}");
        sd_bus_message_append(reply, "{sv}", "Id", "s", t->id ?: unit);
        append_list(reply, "Names", unit, t->second_name, NULL);
        sd_bus_message_append(reply, "{sv}", "Something", "(sb)", "else", true);
        sd_bus_message_append(reply, "{sv}", "LoadState", "s", t->load_state ?: "loaded");
        sd_bus_message_append(reply, "{sv}", "FragmentPath", "s", t->fragment ?: fragment);
        append_list(reply, "DropInPaths", dropin, t->one_dropin ? NULL : profile, t->third_dropin);
        if (strcmp(unit, "curt.service") != 0)
                sd_bus_message_append(reply, "{sv}", "NeedDaemonReload", "b", t->stale);
        return sd_bus_message_close_container(reply);
}

/* Everything that is asked of a unit's object. */
static int on_object(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_free_ char *unit = NULL;

        if (!sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "GetAll") ||
            sd_bus_path_decode(sd_bus_message_get_path(m), UNITS_PATH, &unit) <= 0)
                return 0;
        if (find_told(unit)->silent)
                return 1;
        if (sd_bus_message_new_method_return(m, &reply) < 0 || answer(reply, unit) < 0)
                return -EINVAL;
        return sd_bus_send(NULL, reply, NULL);
}

static const sd_bus_vtable manager[] = {
        SD_BUS_VTABLE_START(SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("GetUnit", "s", "o", on_get_unit, 0),
        SD_BUS_METHOD("ListUnitsByPatterns", "asas", "a(ssssssouso)", on_list, 0),
        SD_BUS_VTABLE_END,
};

static struct test_bus test_bus;

static void play_manager(int ready)
{
        sd_bus *bus = test_bus_connect(&test_bus);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/systemd1",
                                     "org.freedesktop.systemd1.Manager", manager, NULL) < 0 ||
            sd_bus_add_fallback(bus, NULL, UNITS_PATH, on_object, NULL) < 0 ||
            sd_bus_request_name(bus, "org.freedesktop.systemd1", 0) < 0 || write(ready, "x", 1) != 1)
                _exit(1);
        while (sd_bus_process(bus, NULL) >= 0)
                sd_bus_wait(bus, UINT64_C(100000));
        _exit(0);
}

static int setup(void **state)
{
        int ready[2];
        char byte;

        test_bus_start(&test_bus);
        assert_int_equal(pipe(ready), 0);
        test_bus.service = fork();
        assert_true(test_bus.service >= 0);
        if (test_bus.service == 0)
                play_manager(ready[1]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        close(ready[0]);
        close(ready[1]);
        *state = test_bus_connect(&test_bus);
        return 0;
}

static int teardown(void **state)
{
        sd_bus_flush_close_unref(*state);
        test_bus_stop(&test_bus);
        return 0;
}

/* The units, separated by blanks; those after "-" have to be gone. Waits msec at most. */
static int ask(sd_bus *bus, const char *text, unsigned msec, struct error *error)
{
        const struct wait wait = {.deadline = msec ? clock_usec() + msec * UINT64_C(1000) : UINT64_MAX};
        struct manager_expected units[4];
        char names[128], files[4][3][128], *dropins[4][3], *name;
        bool gone = false;
        size_t n = 0;

        snprintf(names, sizeof(names), "%s", text);
        for (name = strtok(names, " "); name; name = strtok(NULL, " ")) {
                if (strcmp(name, "-") == 0) {
                        gone = true;
                        continue;
                }
                snprintf(files[n][0], sizeof(files[n][0]), D "%s", name);
                snprintf(files[n][1], sizeof(files[n][1]), D "%s.d/20-portable.conf", name);
                snprintf(files[n][2], sizeof(files[n][2]), D "%s.d/10-profile.conf", name);
                dropins[n][0] = files[n][1];
                dropins[n][1] = files[n][2];
                dropins[n][2] = NULL;
                units[n] =
                        (struct manager_expected){name, gone ? NULL : files[n][0], gone ? NULL : dropins[n]};
                n++;
        }
        return manager_is_current(bus, &wait, units, n, error);
}

static void test_answers(void **state)
{
        static const struct {
                const char *units;
                int current;
        } cases[] = {
                {"good.service", 1},
                {"good.service further.service", 1},
                {"t@.service", 1},
                {"good.service t@.service - missing.service", 1},
                {"- missing.service", 1},
                {"", 0},
                {"loaded.service", 0},
                {"good.service loaded.service", 0},
                {"loaded.service good.service", 0},
                {"running@.service", 0},
                {"t@.service running@.service", 0},
                {"foreign.service", 0},
                {"prefix-a.service", 0},
                {"socket.service", 0},
                {"lacking.service", 0},
                {"alias.service", 0},
                {"named.service", 0},
                {"missing.service", 0},
                {"masked.service", 0},
                {"elsewhere.service", 0},
                {"stale.service", 0},
                {"curt.service", 0},
                {"refused.service", 0},
                {"- good.service", 0},
                {"- masked.service", 0},
                {"good.service - loaded.service", 0},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_error_ struct error error = {};
                int r = ask(*state, cases[i].units, 0, &error);

                if (r != cases[i].current)
                        fail_msg("'%s': %d", cases[i].units, r);
                assert_false(error_is_set(&error));
        }
}

static void test_no_answer(void **state)
{
        _cleanup_error_ struct error error = {};

        assert_int_equal(ask(*state, "good.service never.service", 50, &error), -ETIMEDOUT);
        assert_string_equal(error_message(&error),
                            "Gave up waiting for the service manager to load the units (--timeout=)");
        /* What is settled is not waited for. */
        error_clear(&error);
        assert_int_equal(ask(*state, "stale.service never.service", 0, &error), 0);
}

static void test_too_many(void **state)
{
        static struct manager_expected units[MANAGER_EXPECTED_MAX + 1];
        _cleanup_error_ struct error error = {};

        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                units[i].unit = "missing.service";
        assert_int_equal(manager_is_current(*state, NULL, units, ELEMENTSOF(units) - 1, &error), 1);
        assert_int_equal(manager_is_current(*state, NULL, units, ELEMENTSOF(units), &error), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_answers),
                cmocka_unit_test(test_no_answer),
                cmocka_unit_test(test_too_many),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
