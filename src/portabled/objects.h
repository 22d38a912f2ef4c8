/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_OBJECTS_H
#define PORTABLED_OBJECTS_H

/* The objects on the bus, one file each: manager-object.c, image-object.c, log-object.c,
 * own-object.c. Called by daemon.c.
 */

#include <systemd/sd-bus.h>

struct daemon;

int objects_register(struct daemon *d);

int manager_object_register(struct daemon *d);
int image_object_register(struct daemon *d);
int log_object_register(struct daemon *d);
int own_object_register(struct daemon *d);

/* Whether there is such an image, for vtables on image objects (sd_bus_object_find_t); d->found describes it
 * then. */
int image_object_find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
                      sd_bus_error *e);

#endif
