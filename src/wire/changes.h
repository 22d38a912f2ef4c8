/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WIRE_CHANGES_H
#define WIRE_CHANGES_H

/* The a(sss) of changes made, as methods return them: (type, path, source). The daemon appends, the client
 * reads; the service manager's answers to enable and disable have the same form. */

#include <systemd/sd-bus.h>

#include "plan/change.h"

/* Reads the array; type, path and source of each item are set. A type that is not known comes as
 * CHANGE_TYPE_MAX. Returns 0 or a negative errno (-EBADMSG and the like if the message holds something
 * else).
 */
int changes_read(sd_bus_message *m, struct change_list *ret);

#endif
