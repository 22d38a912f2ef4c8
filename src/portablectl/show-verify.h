/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_SHOW_VERIFY_H
#define PORTABLECTL_SHOW_VERIFY_H

/* What verify found, on standard output. */

struct client;
struct error;
struct request;
struct verification;

/* A line for each finding and one that sums up, nothing if told to be quiet; or JSON. */
int show_verification(const struct client *client, const struct request *request,
                      const struct verification *v, struct error *error);

#endif
