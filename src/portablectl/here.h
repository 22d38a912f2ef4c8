/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_HERE_H
#define PORTABLECTL_HERE_H

/* What everyone may see of the system, or of the tree, that is worked on: read in this process, by functions
 * of operation/ that need neither daemon nor service manager. */

#include "operation/operation.h"

struct client;
struct error;

struct here {
        struct operation operation; /* its root_fd is open as long as this is */
};

int here_begin(const struct client *client, struct here *ret, struct error *error);
/* Zeroed is fine. */
void here_end(struct here *h);
#define _cleanup_here_ __attribute__((cleanup(here_end)))

#endif
