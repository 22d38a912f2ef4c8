/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_DAEMON_H
#define PORTABLECTL_DAEMON_H

/*
 * A request as a method call to the daemon: arguments in, plain data out, nothing printed. Which method is
 * called follows from the table of wire/methods.h. Where our own interface has one that tells more it is
 * tried first, then, and where no extensions and no force are asked for, the older ones without
 * "WithExtensions", which every daemon has. Errors are those that the daemon answered, see
 * wire/error-names.h.
 */

#include <systemd/sd-bus.h>

#include "wire/request.h"
#include "wire/result.h"

struct error;
struct progress;

/* progress may be NULL. ERROR_NOT_SUPPORTED if the daemon has no such method. Rows and units of *ret are
 * sorted by name. */
int daemon_run(sd_bus *bus, enum operation_verb verb, const struct operation_request *request,
               struct progress *progress, struct result *ret, struct error *error);

/* The property Profiles. The list is owned by the caller. */
int daemon_get_profiles(sd_bus *bus, char ***ret, struct error *error);

#endif
