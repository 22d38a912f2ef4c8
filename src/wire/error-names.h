/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WIRE_ERROR_NAMES_H
#define WIRE_ERROR_NAMES_H

/* Error kinds <-> D-Bus error names, one table. The daemon turns an error into a reply, the client a reply
 * into an error. */

#include <systemd/sd-bus.h>

#include "basic/error.h"

/* The name an error goes by on the bus. Kind ERROR_SYSTEM is named after its errno, as
 * sd_bus_error_set_errno(3) does. */
const char *error_bus_name(const struct error *e);

/* Fills an sd-bus error for a method handler to return; returns -errnum. */
int error_to_bus(const struct error *e, sd_bus_error *ret);

/* Sets *e from a bus error that a call returned with r < 0; returns the negative errno. */
int error_from_bus(struct error *e, const sd_bus_error *bus_error, int r);

#endif
