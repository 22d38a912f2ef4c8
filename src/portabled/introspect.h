/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_INTROSPECT_H
#define PORTABLED_INTROSPECT_H

/* Tells what is on the bus without one, for who makes documentation or code of it: --bus-introspect=. */

/* "list": prints the paths and interfaces there are; else the introspection data of the object at this path,
 * as XML. Returns an exit status, after a line on standard error if it is not EXIT_SUCCESS. */
int introspect(const char *what);

#endif
