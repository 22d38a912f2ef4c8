/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_REPORT_H
#define PORTABLECTL_REPORT_H

/* Failures to lines on standard error, one each.
 */

struct client;
struct error;

/* Prints the message of an error; returns its negative errno. */
int report_failure(const struct client *client, const struct error *error);

/* A line for information, not in the colour of errors. */
void report_note(const struct client *client, const char *text);

struct operation_result;
struct request;

/* What an attach, detach or reattach of the request's image changed: as lines, unless told to be quiet, or
 * as JSON. Warnings are told in any case. */
int report_changes(const struct client *client, const struct request *request,
                   const struct operation_result *changes, struct error *error);

#endif
