/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_REPORT_H
#define PORTABLECTL_REPORT_H

/* Failures to lines on standard error, one each.
 */

#include <stdbool.h>
#include <stddef.h>

struct client;
struct error;

/* What failed, kept for JSON. */
struct failure {
        char *name; /* of the D-Bus error */
        char *message;
        char *unit; /* NULL: it is not about a unit */
};

struct failures {
        struct failure *items;
        size_t n;
};

void failures_clear(struct failures *f);
#define _cleanup_failures_ __attribute__((cleanup(failures_clear)))

/* Prints the message of an error, and keeps it in the failures of the client, if it has some; returns its
 * negative errno. */
int report_failure(const struct client *client, const struct error *error);

/* Keeps it only, for who prints it elsewhere. */
void report_keep(const struct client *client, const struct error *error);

/* As report_failure(), of a unit. */
int report_unit_failure(const struct client *client, const char *unit, const struct error *error);

/* A line for information, not in the colour of errors. */
void report_note(const struct client *client, const char *text);

struct operation_result;

/* What an attach, detach or reattach changed, or would change, as lines: unless told to be quiet, and not
 * where it will be told as JSON. Several units are summed up on a terminal, unless --verbose is given. */
void report_changes(const struct client *client, const struct operation_result *changes);

#endif
