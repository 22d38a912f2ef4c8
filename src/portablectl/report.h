/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_REPORT_H
#define PORTABLECTL_REPORT_H

/* Failures to lines on standard error, one each. Called by the verbs and by main() for what a verb returns.
 */

struct client;
struct error;

/* Prints the message of an error; returns its negative errno. */
int report_failure(const struct client *client, const struct error *error);

/* A line for information, not in the colour of errors. */
void report_note(const struct client *client, const char *text);

/* What was done, but will not work. Told even if told to be quiet. warnings may be NULL. */
void report_warnings(const struct client *client, char *const *warnings);

#endif
