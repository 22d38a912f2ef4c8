/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_LOOKUP_H
#define PORTABLED_LOOKUP_H

/*
 * Properties and nodes that need a look at the file system, which may take long or never end, and so a
 * worker: of images, and of the pool.
 */

#include <systemd/sd-bus.h>

/* A filter (sd_bus_message_handler_t) that takes the calls which need that; all others go on. userdata:
 * struct daemon. */
int lookup_filter(sd_bus_message *m, void *userdata, sd_bus_error *e);

#endif
