/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_FIT_H
#define OPERATION_FIT_H

/* Whether an extension is made for a base image. Source: os-release(5), "extension-release", and
 * systemd-sysext(8). */

#include <stdbool.h>

struct error;
struct layer;

/*
 * ID must be that of the base (or one of its ID_LIKE, or "_any", which ends the comparison); then
 * SYSEXT_LEVEL (CONFEXT_LEVEL) must agree where both have one, else VERSION_ID; ARCHITECTURE must be this
 * machine's; SYSEXT_SCOPE (CONFEXT_SCOPE), if set, must have "portable". Errors: ERROR_INVALID_ARGS, telling
 * both sides' values.
 */
int extension_check_fit(const struct layer *base, const struct layer *extension, struct error *error);

/* Whether it is not of the base's ID= and not of any, so that it can but fit by the ID_LIKE= of the base. */
bool extension_fits_by_likeness(const struct layer *base, const struct layer *extension);

#endif
