/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLED_VTABLE_H
#define PORTABLED_VTABLE_H

/* Interfaces as sd-bus takes them, made of the table of methods (wire/methods.h). */

#include <systemd/sd-bus.h>

/* Must stay as long as a bus has it. */
struct vtable {
        sd_bus_vtable *items;
        char **texts; /* signatures and names in it (strv) */
};

/* Methods of an interface, handled by call_handle(). before, after: properties and signals that stand there,
 * each with an end; NULL: none. Returns 0 or -ENOMEM. */
int vtable_make(const char *interface, const sd_bus_vtable *before, const sd_bus_vtable *after,
                struct vtable *ret);
void vtable_clear(struct vtable *v);

#endif
