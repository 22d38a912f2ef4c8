/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_FUZZ_BUS_RANDOM_H
#define TEST_FUZZ_BUS_RANDOM_H

/* Random arguments for D-Bus methods: well-typed, and as nasty as their types let them be. The same seed
 * gives the same arguments. Called by caller.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

struct random {
        uint64_t state;
        char *const *images; /* names of images that there are, or were; NULL-terminated */
        bool friendly;       /* only what may well work, so that some calls get to the end */
};

void random_seed(struct random *r, uint64_t seed, char *const *images);

/* A number below n (> 0). */
uint32_t random_below(struct random *r, uint32_t n);

/* One time in n. */
bool random_once_in(struct random *r, uint32_t n);

/* A string for an argument of that name ("" if it has none), valid UTF-8, to be freed. Paths in it lead
 * below /srv, to the image directories, or to where nothing is, so that no method can do harm elsewhere;
 * outside: also to directories of the system, for methods that only look. */
char *random_string(struct random *r, const char *name, bool outside);

/* Appends a value of the first complete type of the signature. Returns the length of that type. */
size_t random_append(struct random *r, sd_bus_message *m, const char *signature, const char *name,
                     bool outside);

#endif
