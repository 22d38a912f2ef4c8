/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_STATUS_PARTS_H
#define PORTABLECTL_STATUS_PARTS_H

/* The sources that status-read.c puts together: drop-ins, the image, the service manager. */

struct attachment;
struct client;
struct error;
struct image_status;

/* Profile and policy, from the drop-ins of the first service. Returns 0 or -ENOMEM. */
int status_read_dropins(int root_fd, struct attachment *a);

/* The name of a profile, by the path of a file of it in one of the profile directories; else that path. NULL
 * if out of memory. */
char *status_profile_name(const char *path);

/* Each unit file against the one in the image. Nobody is asked for a password: what may not be read, or
 * cannot, stays unknown. */
int status_compare_units(struct client *client, int root_fd, struct attachment *a, struct error *error);

/* What the running services of it run from; by times, so that a clock that was set may deceive it. */
void status_read_running(struct client *client, int root_fd, struct attachment *a);

/* Which units are active and enabled; offline what links tell of the latter. */
int status_read_states(struct client *client, int root_fd, struct image_status *s, struct error *error);

#endif
