/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_SHOW_PROFILES_H
#define PORTABLECTL_SHOW_PROFILES_H

/* Profiles on standard output. */

#include <stdbool.h>
#include <stddef.h>

struct client;
struct error;
struct plan_profile_part;
struct terminal;

struct profile_row {
        char *name;
        char *description; /* NULL: none */
        char **files;      /* paths of the drop-ins, one for a kind of units; NULL: not known */
};

struct profile_table {
        struct profile_row *rows;
        size_t n;
};

void profile_table_clear(struct profile_table *t);
#define _cleanup_profile_table_ __attribute__((cleanup(profile_table_clear)))

/* A table, or JSON if the options say so. */
int show_profiles(const struct client *client, const struct profile_table *t, struct error *error);

/* One file with its path above it, as "systemctl cat" shows files. */
void show_profile_file(const struct terminal *t, const struct plan_profile_part *part, bool separated);

#endif
