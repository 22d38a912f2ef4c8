/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_PAGER_H
#define PORTABLECTL_PAGER_H

/* Long output through a pager, as other systemd tools do it. Source: systemctl(1), "Environment". */

#include <stdbool.h>
#include <stddef.h>

struct client;

/* Redirects standard output into a pager if it is a terminal that can do more than print lines, --no-pager
 * was not given, and one can be run. */
void pager_open(struct client *client);

/* The same for so many lines: not if the terminal can show them all at once. */
void pager_open_for(struct client *client, size_t lines);

/* Ends the output and waits until the pager is left. Does nothing if there is none. */
void pager_close(struct client *client);

/* Which pager the environment asks for: the command to run by a shell, "" for none, NULL for the usual ones.
 * *ret_secure: only pagers that can be kept from running commands and opening files may be used. elevated:
 * this process has rights that the user at the terminal may not have. For pager_open() and its test. */
const char *pager_choose(bool elevated, bool *ret_secure);

#endif
