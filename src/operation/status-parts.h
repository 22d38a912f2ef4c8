/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_STATUS_PARTS_H
#define OPERATION_STATUS_PARTS_H

/* The sources of a status: drop-ins, the service manager, what is in the images. */

struct attachment;
struct error;
struct image_status;
struct operation;
struct status_reader;

/* Profile and policy, from the drop-ins of the first service. Returns 0 or -ENOMEM. */
int status_read_dropins(struct operation *o, struct attachment *a);

/* What the running services of it run from; by times, so that a clock that was set may deceive it. */
void status_read_running(struct operation *o, struct attachment *a);

/* Which units are active and enabled; offline what links tell of the latter. */
int status_read_states(struct operation *o, struct image_status *s, struct error *error);

/* Each unit file against the one in the image. */
int status_compare_units(struct operation *o, const struct status_reader *reader, struct attachment *a,
                         struct error *error);

#endif
