/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_OBJECTS_H
#define PORTABLED_OBJECTS_H

/* The objects on the bus, one file each: manager-object.c, image-object.c, log-object.c. Called by daemon.c.
 */

struct daemon;

int objects_register(struct daemon *d);

int manager_object_register(struct daemon *d);
int image_object_register(struct daemon *d);
int log_object_register(struct daemon *d);

#endif
