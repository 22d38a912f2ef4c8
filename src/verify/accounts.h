/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_ACCOUNTS_H
#define VERIFY_ACCOUNTS_H

/* Users and groups of the host: in its files, or known to the name service where it is this system's. */

#include <stdbool.h>

enum account_kind {
        ACCOUNT_USER,
        ACCOUNT_GROUP,
};

/* Whether there is that account, by name or number. True, too, if that can't be told: the name service is
 * waited for for GUARD_PATIENCE_MS (image/guard.h). Source: nsswitch.conf(5). */
bool account_exists(int root_fd, enum account_kind kind, const char *name);

#endif
