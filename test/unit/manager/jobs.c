/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <stdio.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "manager/bus.h"
#include "manager/fake.h"
#include "manager/jobs.h"
#include "manager/wait.h"

static struct test_bus test_bus;
static struct fake_state fake_state;

static void serve(const sd_bus_vtable *vtable)
{
        test_bus_serve(&test_bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                       "org.freedesktop.systemd1.Manager", vtable, &fake_state);
}

static int setup(void **state)
{
        test_bus_start(&test_bus);
        return 0;
}

static int teardown(void **state)
{
        test_bus_stop(&test_bus);
        return 0;
}

/* Each kind of unit in one batch, with or without EnqueueUnitJobMany(): the outcome is the same. */
static void check_batch(const sd_bus_vtable *vtable)
{
        char *units[] = {(char *)"a.service",       (char *)"early.service", (char *)"fails.service",
                         (char *)"unknown.service", (char *)"z.service",     NULL};
        const char *results[] = {"done", "done", "failed", NULL, "done"};
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_manager_jobs_ struct manager_jobs *jobs = NULL;
        _cleanup_error_ struct error error = {};
        const struct manager_job *items;
        size_t n;

        serve(vtable);
        bus = test_bus_connect(&test_bus);
        assert_int_equal(manager_jobs_new(bus, NULL, &jobs, &error), 0);
        assert_int_equal(manager_jobs_submit(jobs, "start", units, &error), 0);
        assert_int_equal(manager_jobs_wait(jobs, &error), 0);
        items = manager_jobs_get(jobs, &n);
        assert_int_equal(n, ELEMENTSOF(results));
        for (size_t i = 0; i < n; i++) {
                assert_string_equal(items[i].unit, units[i]);
                if (results[i]) {
                        assert_non_null(items[i].path);
                        assert_string_equal(items[i].result, results[i]);
                } else {
                        assert_null(items[i].path);
                        assert_null(items[i].result);
                        assert_int_equal(items[i].error.kind, ERROR_NO_SUCH_UNIT);
                        assert_string_equal(error_message(&items[i].error),
                                            "Unit unknown.service not loaded.");
                }
        }
}

static void test_one_call_each(void **state)
{
        check_batch(fake_manager);
}

static void test_falls_back_when_not_all_are_taken(void **state)
{
        check_batch(fake_manager_many);
}

static void test_one_call_for_all(void **state)
{
        char *units[] = {(char *)"a.service", (char *)"fails.service", NULL};
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_manager_jobs_ struct manager_jobs *jobs = NULL;
        _cleanup_error_ struct error error = {};
        const struct manager_job *items;
        size_t n;

        serve(fake_manager_many);
        bus = test_bus_connect(&test_bus);
        assert_int_equal(manager_jobs_new(bus, NULL, &jobs, &error), 0);
        assert_int_equal(manager_jobs_submit(jobs, "restart", units, &error), 0);
        assert_int_equal(manager_jobs_wait(jobs, &error), 0);
        items = manager_jobs_get(jobs, &n);
        assert_int_equal(n, 2);
        assert_string_equal(items[0].path, "/org/freedesktop/systemd1/job/1");
        assert_string_equal(items[0].result, "done");
        assert_string_equal(items[1].result, "failed");
}

/* Two submissions on one watch, as reattach makes them. */
static void test_two_rounds(void **state)
{
        char *first[] = {(char *)"a.service", NULL},
             *second[] = {(char *)"b.service", (char *)"early.service", NULL};
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_manager_jobs_ struct manager_jobs *jobs = NULL;
        _cleanup_error_ struct error error = {};
        const struct manager_job *items;
        size_t n;

        serve(fake_manager);
        bus = test_bus_connect(&test_bus);
        assert_int_equal(manager_jobs_new(bus, NULL, &jobs, &error), 0);
        assert_int_equal(manager_jobs_submit(jobs, "stop", first, &error), 0);
        assert_int_equal(manager_jobs_submit(jobs, "start", second, &error), 0);
        assert_int_equal(manager_jobs_wait(jobs, &error), 0);
        items = manager_jobs_get(jobs, &n);
        assert_int_equal(n, 3);
        assert_string_equal(items[0].verb, "stop");
        for (size_t i = 0; i < n; i++)
                assert_string_equal(items[i].result, "done");
}

/* Two entries with one job: both get its result. */
static void check_named_twice(const sd_bus_vtable *vtable)
{
        char *units[] = {(char *)"shared.service", (char *)"a.service", (char *)"shared.service", NULL};
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_manager_jobs_ struct manager_jobs *jobs = NULL;
        _cleanup_error_ struct error error = {};
        const struct manager_job *items;
        size_t n;

        serve(vtable);
        bus = test_bus_connect(&test_bus);
        assert_int_equal(manager_jobs_new(bus, NULL, &jobs, &error), 0);
        assert_int_equal(manager_jobs_submit(jobs, "stop", units, &error), 0);
        assert_int_equal(manager_jobs_wait(jobs, &error), 0);
        items = manager_jobs_get(jobs, &n);
        assert_int_equal(n, 3);
        for (size_t i = 0; i < n; i++) {
                assert_int_equal(items[i].error.kind, ERROR_NONE);
                assert_string_equal(items[i].result, "done");
        }
}

static void test_named_twice(void **state)
{
        check_named_twice(fake_manager);
        fake_state.shared = 0;
        check_named_twice(fake_manager_many);
}

static void tell(const char *what, void *userdata)
{
        snprintf(userdata, 128, "%s", what);
}

static void test_gives_up(void **state)
{
        char *units[] = {(char *)"a.service", (char *)"never.service", NULL}, told[128] = "";
        struct wait wait = {.deadline = clock_usec() + 1200000, .tell = tell, .userdata = told};
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_manager_jobs_ struct manager_jobs *jobs = NULL;
        _cleanup_error_ struct error error = {};

        serve(fake_manager);
        bus = test_bus_connect(&test_bus);
        assert_int_equal(manager_jobs_new(bus, &wait, &jobs, &error), 0);
        assert_int_equal(manager_jobs_submit(jobs, "stop", units, &error), 0);
        assert_int_equal(manager_jobs_wait(jobs, &error), -ETIMEDOUT);
        assert_int_equal(error.kind, ERROR_TIMEOUT);
        assert_string_equal(error_message(&error),
                            "Gave up waiting for 'never.service' to stop (--timeout=)");
        assert_string_equal(told, "'never.service' to stop");
}

static void test_no_units(void **state)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_manager_jobs_ struct manager_jobs *jobs = NULL;
        _cleanup_error_ struct error error = {};
        size_t n;

        serve(fake_manager);
        bus = test_bus_connect(&test_bus);
        assert_int_equal(manager_jobs_new(bus, NULL, &jobs, &error), 0);
        assert_int_equal(manager_jobs_submit(jobs, "stop", NULL, &error), 0);
        assert_int_equal(manager_jobs_wait(jobs, &error), 0);
        manager_jobs_get(jobs, &n);
        assert_int_equal(n, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_one_call_each),
                cmocka_unit_test(test_falls_back_when_not_all_are_taken),
                cmocka_unit_test(test_one_call_for_all),
                cmocka_unit_test(test_two_rounds),
                cmocka_unit_test(test_named_twice),
                cmocka_unit_test(test_gives_up),
                cmocka_unit_test(test_no_units),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
