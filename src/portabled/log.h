/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_LOG_H
#define PORTABLED_LOG_H

/*
 * What the daemon itself has to say, to the journal or to standard error, by level and target that
 * org.freedesktop.LogControl1(5) can change while it runs. The settings are the one piece of global state
 * outside main(): a log that had to be handed to every function would be handed everywhere.
 */

#include <stdbool.h>
#include <syslog.h>

/* Takes SYSTEMD_LOG_LEVEL and SYSTEMD_LOG_TARGET from the environment; journal and info otherwise. */
void log_open(void);

/* Whether lines at debug level come through. */
bool log_is_debug(void);

void log_message(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An error with the text of errnum; returns -errnum, whichever sign it came with. */
int log_errno(int errnum, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"; set takes numbers too. -EINVAL if
 * unknown. */
const char *log_get_level(void);
int log_set_level(const char *level);

/* "journal", "console", "null" and the names other systemd daemons know, which map to these. */
const char *log_get_target(void);
int log_set_target(const char *target);

#endif
