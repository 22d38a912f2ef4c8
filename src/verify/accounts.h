/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_ACCOUNTS_H
#define VERIFY_ACCOUNTS_H

/* Users and groups of the host: in its files, or known to the name service where it is this system's. */

enum account_kind {
        ACCOUNT_USER,
        ACCOUNT_GROUP,
};

/* Whether there is that account, by name or number: 1, 0, or -ETIMEDOUT if the name service has not answered
 * in GUARD_PATIENCE_MS (image/guard.h); 1, too, if that can't be told otherwise. Source: nsswitch.conf(5).
 */
int account_exists(int root_fd, enum account_kind kind, const char *name);

#endif
