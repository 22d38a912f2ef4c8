/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "manager/bus.h"
#include "manager/fake.h"
#include "manager/manager.h"
#include "manager/pattern.h"

static struct test_bus test_bus;
static struct fake_state fake_state;

static int setup(void **state)
{
        test_bus_start(&test_bus);
        test_bus_serve(&test_bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                       "org.freedesktop.systemd1.Manager", fake_manager, &fake_state);
        *state = test_bus_connect(&test_bus);
        return 0;
}

static int teardown(void **state)
{
        sd_bus_flush_close_unref(*state);
        test_bus_stop(&test_bus);
        return 0;
}

static void test_properties(void **state)
{
        _cleanup_error_ struct error error = {};
        _cleanup_strv_ char **path = NULL;
        unsigned version;

        assert_int_equal(manager_get_version_and_unit_path(*state, &version, &path, &error), 0);
        assert_int_equal(version, 252);
        assert_int_equal(strv_length(path), 2);
        assert_string_equal(path[0], "/etc/systemd/system.attached");
        assert_int_equal(manager_reload(*state, NULL, &error), 0);
}

static void test_states(void **state)
{
        char *names[] = {(char *)"running.service", (char *)"t@.service", (char *)"b.service", NULL};
        _cleanup_error_ struct error error = {};
        struct manager_unit_state *states;
        size_t n;

        assert_int_equal(manager_get_unit_states(*state, names, &states, &n, &error), 0);
        assert_int_equal(n, 2); /* not the template */
        assert_string_equal(states[0].name, "running.service");
        assert_true(manager_active_state_is_active(states[0].active_state));
        assert_string_equal(states[1].name, "b.service");
        assert_false(manager_active_state_is_active(states[1].active_state));
        manager_unit_states_free(states, n);

        assert_int_equal(manager_get_instance_states(*state, names, false, &states, &n, &error), 0);
        assert_int_equal(n, 1); /* only the template, as a pattern */
        assert_string_equal(states[0].name, "t@*.service");
        manager_unit_states_free(states, n);

        assert_int_equal(manager_get_unit_states(*state, NULL, &states, &n, &error), 0);
        assert_int_equal(n, 0);
}

static void test_files(void **state)
{
        char *names[] = {(char *)"a.service", NULL};
        _cleanup_error_ struct error error = {};
        struct manager_unit_file *files;
        struct manager_file_change *changes;
        size_t n;

        assert_int_equal(manager_get_unit_file_states(*state, names, &files, &n, &error), 0);
        assert_int_equal(n, 2);
        assert_string_equal(files[0].name, "a.service");
        assert_string_equal(files[0].path, "/etc/systemd/system.attached/a.service");
        assert_string_equal(files[1].state, "static");
        manager_unit_files_free(files, n);

        assert_int_equal(manager_enable_unit_file(*state, "/x/a.service",
                                                  MANAGER_FILES_PORTABLE | MANAGER_FILES_RUNTIME, &changes,
                                                  &n, &error),
                         0);
        assert_int_equal(n, 1);
        assert_string_equal(changes[0].path, "flags 5");
        assert_string_equal(changes[0].source, "/x/a.service");
        manager_file_changes_free(changes, n);

        assert_int_equal(manager_disable_unit_files(*state, names, 0, &changes, &n, &error), 0);
        assert_string_equal(changes[0].type, "unlink");
        manager_file_changes_free(changes, n);
}

static void test_clean(void **state)
{
        _cleanup_error_ struct error error = {};

        /* The fake knows no "fdstore", as managers before 254. */
        assert_int_equal(manager_clean_unit(*state, NULL, "a.service", &error), 0);
        assert_int_equal(manager_clean_unit(*state, NULL, "nothing.service", &error), 0);
        assert_true(manager_clean_unit(*state, NULL, "running.service", &error) < 0);
        assert_string_equal(error_message(&error), "It is busy");
}

static void test_patterns(void **state)
{
        _cleanup_free_ char *a = pattern_for_name("a\\x2d*.service"),
                            *b = pattern_for_instances("t@.socket");

        assert_string_equal(a, "a\\\\x2d\\*.service");
        assert_string_equal(b, "t@*.socket");
        assert_true(unit_name_is_template("t@.socket"));
        assert_false(unit_name_is_template("t@x.socket"));
        assert_false(unit_name_is_template("t.socket"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_properties), cmocka_unit_test(test_states),
                cmocka_unit_test(test_files),      cmocka_unit_test(test_clean),
                cmocka_unit_test(test_patterns),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
