/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_SHOW_DEFINITIONS_H
#define PORTABLECTL_SHOW_DEFINITIONS_H

/* What apply did and what definitions found, as lines, as a table or as the one document of JSON that
 * portablectl(1) describes. */

struct apply;
struct client;
struct error;

/* What is odd about the files, on standard error. */
void show_warnings_of(const struct client *client, const struct apply *a);

int show_definitions(struct client *client, const struct apply *a, struct error *error);

/* What became of an update of each. */
int show_updated(struct client *client, const struct apply *a, struct error *error);

/* whole: why apply could not go on, NULL: it could. The failures of single definitions are told here. */
int show_applied(struct client *client, const struct apply *a, const struct error *whole,
                 struct error *error);

#endif
