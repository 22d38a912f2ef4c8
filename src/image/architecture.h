/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IMAGE_ARCHITECTURE_H
#define IMAGE_ARCHITECTURE_H

/* Which architecture words in the names of versions fit this machine. */

#include <stddef.h>

enum architecture_fit {
        ARCHITECTURE_FOREIGN = -1, /* known, but its programs do not run here */
        ARCHITECTURE_NONE = 0,     /* no word that is known: says nothing */
        ARCHITECTURE_SECONDARY,    /* runs here, too: x86 on x86-64 */
        ARCHITECTURE_NATIVE,
};

/* How the word (as ConditionArchitecture= in systemd.unit(5) has them) fits a machine of the architecture
 * native, NULL if that is not known. Pure. */
enum architecture_fit architecture_fit(const char *word, size_t length, const char *native);

#endif
