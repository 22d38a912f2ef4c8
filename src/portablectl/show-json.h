/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_SHOW_JSON_H
#define PORTABLECTL_SHOW_JSON_H

/* The twins of show.h for programs: plain data to one JSON document on standard output. The schema is in
 * portablectl(1), "JSON OUTPUT", and portablectl-1.schema.json: members may be added, but none change or
 * vanish. */

#include <stddef.h>

struct client;
struct error;
struct image_metadata;
struct operation_result;
struct image_table;
struct named_state;
struct request;

int show_json_images(const struct client *client, const struct image_table *table, struct error *error);
/* With the options' --cat the text of files is in it. */
int show_json_metadata(const struct client *client, const struct request *request,
                       const struct image_metadata *m, struct error *error);
int show_json_state(const struct client *client, const struct request *request,
                    const struct named_state *state, struct error *error);
/* What an attach, detach or reattach changed. */
int show_json_changes(const struct client *client, const char *image, const struct operation_result *changes,
                      struct error *error);
/* The same of n images that a pattern or --all meant, with why one was refused. Both have what the client
 * keeps of failures in them. */
int show_json_outcomes(const struct client *client, const struct request *requests,
                       const struct operation_result *outcomes, size_t n, struct error *error);

#endif
