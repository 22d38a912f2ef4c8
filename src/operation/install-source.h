/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_INSTALL_SOURCE_H
#define OPERATION_INSTALL_SOURCE_H

/* What the check of [Install] sections (install-check.h) has to know: the text of a unit, and which units
 * the host has. Both come from the file system; of other hosts, and of what only root may read, the text
 * comes from somebody else, and the service manager says which units there are. */

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-bus.h>

struct error;
struct operation;

struct install_source {
        const struct operation *operation; /* whose files are read; borrowed */
        bool elsewhere;                    /* they are those of another host, and not read at all */
        sd_bus *bus;                       /* to the service manager, borrowed; NULL: there is none */
        /* The text of a unit, NUL behind it, owned by the caller; *error if it fails. */
        int (*ask)(const char *unit, void *userdata, char **ret, size_t *ret_size, struct error *error);
        void *userdata;
};

/* The text of the unit file path. -ENOENT, with an error, if there is none; other errors say why it cannot
 * be read. */
int install_source_read(const struct install_source *s, const char *path, char **ret, size_t *ret_size,
                        struct error *error);

/* The path of a unit file by that name, NULL if there is none; a link to unit is none. */
int install_source_find(const struct install_source *s, const char *name, const char *unit, char **ret,
                        struct error *error);

#endif
