/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_BUS_POLICY_H
#define VERIFY_BUS_POLICY_H

/* Whether anybody at all may own a name on the system bus. Source: dbus-daemon(1), "own" and "own_prefix".
 */

#include <stdbool.h>

/* Some rule of the host's configuration lets somebody own it; which user that is, and whether another rule
 * takes it back, is not looked at. */
bool bus_policy_lets_own(int root_fd, const char *name);

/* The same of the text of one file. Pure. */
bool bus_policy_text_lets_own(const char *text, const char *name);

#endif
