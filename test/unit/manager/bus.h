/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_BUS_H
#define TEST_UNIT_BUS_H

/* A bus of the test's own (a dbus-daemon on a socket in a temporary directory), and a process on it that
 * plays a service. For the tests of what talks over a bus. */

#include <sys/types.h>
#include <systemd/sd-bus.h>

struct test_bus {
        char directory[64];
        char address[128];
        pid_t daemon;
        pid_t service; /* 0: none */
};

/* Starts the bus, and makes it the system bus of this process ($DBUS_SYSTEM_BUS_ADDRESS). Fails the test if
 * it can't. */
void test_bus_start(struct test_bus *b);
void test_bus_stop(struct test_bus *b);

/* A connection, to be unref'd by the caller. */
sd_bus *test_bus_connect(const struct test_bus *b);

/* Forks a process that owns name and has one object. Returns when the name is owned. */
void test_bus_serve(struct test_bus *b, const char *name, const char *path, const char *interface,
                    const sd_bus_vtable *vtable, void *userdata);
void test_bus_end_service(struct test_bus *b);

/* For cmocka, where nothing but messages is needed: starts a bus of its own, whose connection is the state.
 */
int test_bus_setup(void **state);
int test_bus_teardown(void **state);

#endif
