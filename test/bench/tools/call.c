// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A D-Bus client as small as can be: connects, makes calls one after another, ends.
 *
 *     call [-n COUNT] ping            org.freedesktop.DBus.Peer.Ping, of the service manager
 *     call [-n COUNT] state IMAGE     GetImageState
 *     call [-n COUNT] inspect IMAGE   GetImageMetadata, of all units
 *     call [-n COUNT] mixed ATTACHED DETACHED
 *                                     rounds of ten operations: four times the state of the first image,
 * four times the metadata of the second, which then is attached and detached
 *
 * COUNT is the number of operations. Fails at the first call that fails.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define PORTABLE_NAME      "org.freedesktop.portable1"
#define PORTABLE_PATH      "/org/freedesktop/portable1"
#define PORTABLE_INTERFACE "org.freedesktop.portable1.Manager"

static int call(sd_bus *bus, const char *member, const char *types, const char *image)
{
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;
        int r;

        if (strcmp(member, "Ping") == 0)
                r = sd_bus_call_method(bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                       "org.freedesktop.DBus.Peer", member, &error, &reply, NULL);
        else if (strcmp(types, "s") == 0)
                r = sd_bus_call_method(bus, PORTABLE_NAME, PORTABLE_PATH, PORTABLE_INTERFACE, member, &error,
                                       &reply, types, image);
        else if (strcmp(types, "sas") == 0)
                r = sd_bus_call_method(bus, PORTABLE_NAME, PORTABLE_PATH, PORTABLE_INTERFACE, member, &error,
                                       &reply, types, image, 0);
        else if (strcmp(types, "sassbs") == 0)
                r = sd_bus_call_method(bus, PORTABLE_NAME, PORTABLE_PATH, PORTABLE_INTERFACE, member, &error,
                                       &reply, types, image, 0, "default", 0, "");
        else
                r = sd_bus_call_method(bus, PORTABLE_NAME, PORTABLE_PATH, PORTABLE_INTERFACE, member, &error,
                                       &reply, types, image, 0);
        if (r < 0)
                fprintf(stderr, "call: %s: %s\n", member, error.message ? error.message : strerror(-r));
        sd_bus_error_free(&error);
        sd_bus_message_unref(reply);
        return r;
}

static int operation(sd_bus *bus, unsigned long number, char **args)
{
        if (strcmp(args[0], "ping") == 0)
                return call(bus, "Ping", "", NULL);
        if (strcmp(args[0], "state") == 0)
                return call(bus, "GetImageState", "s", args[1]);
        if (strcmp(args[0], "inspect") == 0)
                return call(bus, "GetImageMetadata", "sas", args[1]);
        if (number % 10 < 4)
                return call(bus, "GetImageState", "s", args[1]);
        if (number % 10 < 8)
                return call(bus, "GetImageMetadata", "sas", args[2]);
        return number % 10 == 8 ? call(bus, "AttachImage", "sassbs", args[2])
                                : call(bus, "DetachImage", "sb", args[2]);
}

static bool arguments_fit(int argc, char **argv)
{
        static const struct {
                const char *verb;
                int n;
        } verbs[] = {{"ping", 0}, {"state", 1}, {"inspect", 1}, {"mixed", 2}};

        for (size_t i = 0; argc > 0 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
                if (strcmp(argv[0], verbs[i].verb) == 0)
                        return argc - 1 == verbs[i].n;
        return false;
}

int main(int argc, char **argv)
{
        unsigned long count = 1;
        sd_bus *bus;
        int r;

        argc--, argv++;
        if (argc >= 2 && strcmp(argv[0], "-n") == 0) {
                count = strtoul(argv[1], NULL, 10);
                argc -= 2, argv += 2;
        }
        if (!arguments_fit(argc, argv)) {
                fputs("usage: call [-n COUNT] ping | state IMAGE | inspect IMAGE | mixed ATTACHED "
                      "DETACHED\n",
                      stderr);
                return 2;
        }
        r = sd_bus_open_system(&bus);
        if (r < 0) {
                fprintf(stderr, "call: cannot connect to the system bus: %s\n", strerror(-r));
                return EXIT_FAILURE;
        }
        for (unsigned long i = 0; i < count && r >= 0; i++)
                r = operation(bus, i, argv);
        sd_bus_flush_close_unref(bus);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
