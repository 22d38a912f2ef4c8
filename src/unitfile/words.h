/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef UNITFILE_WORDS_H
#define UNITFILE_WORDS_H

/* Values that are several words: quotes and escapes. Source: systemd.syntax(7), "QUOTING". Pure. */

#include <stdbool.h>

struct unit_words {
        const char *p; /* what is left of the value */
        char *word;    /* the word read last, without its quotes */
        bool bare;     /* it has no quotes and no escapes in it */
        bool broken;   /* a quote that is not closed: managers take nothing of the value */
};

/* value must stay. Returns 0 or -ENOMEM. */
int unit_words_begin(struct unit_words *w, const char *value);
void unit_words_end(struct unit_words *w);
#define _cleanup_unit_words_ __attribute__((cleanup(unit_words_end)))

/* Reads the next word. Escapes that are not known, and those for NUL, stay as they are written. False at the
 * end or if the rest is broken. */
bool unit_words_next(struct unit_words *w);

#endif
