/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_CLIENT_H
#define PORTABLECTL_CLIENT_H

/* What a verb works with: made by main(), handed to the one verb that runs. */

#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "manager/wait.h"
#include "portablectl/options.h"
#include "portablectl/terminal.h"

struct failures;
struct layout;
struct offline;

struct client {
        const struct options *options;
        const struct layout *layout;
        struct layout *own_layout; /* what that points to, if it was made for a user */
        struct terminal terminal;
        struct wait wait;          /* how long we wait for the daemon, jobs and reloads (--timeout=) */
        sd_bus *bus;               /* NULL until client_connect() */
        struct offline *offline;   /* NULL but with --root=, after backend_open() */
        struct failures *failures; /* report.h; NULL: nobody wants them as data */
        int failure;               /* exit status of a failure, if its error does not tell; 0: it does */
        int interrupted;           /* by this signal, while the daemon changed something; 0: not */
        pid_t agent;               /* polkit's text agent, 0: none */
        pid_t pager;               /* 0: none */
};

#endif
