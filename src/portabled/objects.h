/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_OBJECTS_H
#define PORTABLED_OBJECTS_H

/* The objects on the bus, one file each: manager-object.c, image-object.c, log-object.c, own-object.c. */

#include <stdbool.h>
#include <systemd/sd-bus.h>

struct daemon;

/* Makes the interfaces in d->vtables, for objects_register() and for whoever registers some of them.
 * objects_clear() when no bus has them any more. */
int objects_make(struct daemon *d);
void objects_clear(struct daemon *d);

int objects_register(struct daemon *d);

int log_object_register(struct daemon *d, sd_bus *bus);
int own_object_make(struct daemon *d);
int own_object_register(struct daemon *d, sd_bus *bus);

/* Those whose properties have to be looked up; inner: on the inner bus, where they have been. */
int image_object_make(struct daemon *d);
int manager_object_register(struct daemon *d, sd_bus *bus);
int image_object_register(struct daemon *d, sd_bus *bus, bool inner);

/* The interfaces of image objects on the node above them, to be looked at without an image. */
int image_object_register_sample(struct daemon *d, sd_bus *bus);

#endif
