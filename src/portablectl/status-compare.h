/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_STATUS_COMPARE_H
#define PORTABLECTL_STATUS_COMPARE_H

/* Attached units against those in their image, which the daemon reads: it may, where the caller may not. */

struct attachment;
struct client;
struct error;

/* Each unit file against the one in the image. Nobody is asked for a password: what may not be read, or
 * cannot, stays unknown. */
int status_compare_units(struct client *client, int root_fd, struct attachment *a, struct error *error);

#endif
