/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_ARGUMENTS_H
#define PORTABLED_ARGUMENTS_H

/*
 * Reads the arguments of a call. Anyone can send any number of strings of any length, and the daemon has one
 * thread: so each array ends at its limit, in time that grows with what was read and no faster, and what
 * is too much is refused before the rest of it is looked at. The limits are those of
 * systemd-portabled.service(8), LIMITS.
 */

#include <stdbool.h>

#define ARGUMENT_STRING_MAX     4095U /* bytes of a name or path, as PATH_MAX has it */
#define ARGUMENT_EXTENSIONS_MAX 128U
#define ARGUMENT_MATCHES_MAX    1024U /* prefixes of unit names, an image */
#define ARGUMENT_IMAGES_MAX     16384U
#define ARGUMENT_SIZE_MAX       (4U * 1024U * 1024U) /* all of a call, in bytes */

struct call;
struct error;

/* image: the call is of an image object, whose name is the first argument. Fills c->request and c->size.
 * Returns 0 or a negative errno; error is set if a limit was passed, not if the message can't be read. */
int arguments_read(struct call *c, bool image, struct error *error);

#endif
