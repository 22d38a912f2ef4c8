/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_NAME_SERVICE_H
#define VERIFY_NAME_SERVICE_H

/*
 * Accounts that the name service of this system has, not its files: it may ask a server in the network,
 * which may not answer. So another process asks, for as long as GUARD_PATIENCE_MS in image/guard.h.
 */

#include <stdbool.h>

/* Whether there is that user or group (name, of a user also a number). True, too, if that can't be told.
 * root_fd: any directory, for the process that asks. Source: nsswitch.conf(5). */
bool name_service_has_user(int root_fd, const char *name);
bool name_service_has_group(int root_fd, const char *name);

#endif
