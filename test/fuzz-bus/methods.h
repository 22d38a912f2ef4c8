/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_FUZZ_BUS_METHODS_H
#define TEST_FUZZ_BUS_METHODS_H

/* What can be called: every method of every interface of every object that introspection shows. Called by
 * caller.c. */

#include <stddef.h>
#include <systemd/sd-bus.h>

#define ARGUMENTS_MAX 16

struct method {
        char *object, *interface, *member;
        char *types[ARGUMENTS_MAX], *names[ARGUMENTS_MAX]; /* of the arguments */
        size_t n;
        char *out;                 /* signature of the reply */
        unsigned called, answered; /* answered: other than by an error */
};

struct methods {
        struct method *items;
        size_t n;
};

/* Reads them from the service, from the object "/" on. Ends the program if that fails. */
void methods_discover(sd_bus *bus, const char *service, struct methods *ret);
void methods_clear(struct methods *m);

#endif
