/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/bus.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static const char config[] =
        "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN' "
        "'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>\n"
        "<busconfig><type>session</type><listen>unix:path=%s/socket</listen>\n"
        "<policy context='default'><allow user='*'/><allow send_destination='*' eavesdrop='true'/>"
        "<allow eavesdrop='true'/><allow own='*'/></policy>\n"
        "</busconfig>\n";

static void write_config(const struct test_bus *b, const char *path)
{
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        fprintf(f, config, b->directory);
        assert_int_equal(fclose(f), 0);
}

void test_bus_start(struct test_bus *b)
{
        char path[96], option[128], line[8];
        int ready[2];

        *b = (struct test_bus){.directory = "/tmp/test-bus.XXXXXX"};
        assert_non_null(mkdtemp(b->directory));
        snprintf(b->address, sizeof(b->address), "unix:path=%s/socket", b->directory);
        snprintf(path, sizeof(path), "%s/config", b->directory);
        write_config(b, path);
        assert_int_equal(pipe(ready), 0);
        b->daemon = fork();
        assert_true(b->daemon >= 0);
        if (b->daemon == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                snprintf(option, sizeof(option), "--config-file=%s", path);
                snprintf(line, sizeof(line), "%d", ready[1]);
                execlp("dbus-daemon", "dbus-daemon", option, "--nofork", "--nopidfile", "--print-address",
                       line, NULL);
                _exit(127);
        }
        close(ready[1]);
        assert_true(read(ready[0], line, 1) == 1); /* dbus-daemon runs */
        close(ready[0]);
        setenv("DBUS_SYSTEM_BUS_ADDRESS", b->address, 1);
}

static void child_end(pid_t *pid)
{
        if (*pid <= 0)
                return;
        kill(*pid, SIGKILL);
        waitpid(*pid, NULL, 0);
        *pid = 0;
}

void test_bus_stop(struct test_bus *b)
{
        char path[96];

        child_end(&b->service);
        child_end(&b->daemon);
        for (size_t i = 0; i < 2; i++) {
                snprintf(path, sizeof(path), "%s/%s", b->directory, i ? "config" : "socket");
                unlink(path);
        }
        rmdir(b->directory);
}

sd_bus *test_bus_connect(const struct test_bus *b)
{
        sd_bus *bus = NULL;

        assert_true(sd_bus_new(&bus) >= 0);
        assert_true(sd_bus_set_address(bus, b->address) >= 0);
        assert_true(sd_bus_set_bus_client(bus, true) >= 0);
        assert_true(sd_bus_start(bus) >= 0);
        return bus;
}

static void service_run(sd_bus *bus, const char *name, int ready)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (sd_bus_request_name(bus, name, 0) < 0 || write(ready, "x", 1) != 1)
                _exit(1);
        while (sd_bus_process(bus, NULL) >= 0)
                sd_bus_wait(bus, UINT64_C(100000));
        _exit(0);
}

void test_bus_serve(struct test_bus *b, const char *name, const char *path, const char *interface,
                    const sd_bus_vtable *vtable, void *userdata)
{
        int ready[2];
        char byte;

        test_bus_end_service(b);
        assert_int_equal(pipe(ready), 0);
        b->service = fork();
        assert_true(b->service >= 0);
        if (b->service == 0) {
                sd_bus *bus = test_bus_connect(b);

                if (sd_bus_add_object_vtable(bus, NULL, path, interface, vtable, userdata) < 0)
                        _exit(1);
                service_run(bus, name, ready[1]);
        }
        close(ready[1]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        close(ready[0]);
}

void test_bus_end_service(struct test_bus *b)
{
        child_end(&b->service);
}

static struct test_bus own;

int test_bus_setup(void **state)
{
        test_bus_start(&own);
        *state = test_bus_connect(&own);
        return 0;
}

int test_bus_teardown(void **state)
{
        sd_bus_flush_close_unref(*state);
        test_bus_stop(&own);
        return 0;
}
