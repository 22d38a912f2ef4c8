/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef UNITFILE_MERGED_H
#define UNITFILE_MERGED_H

/*
 * What a unit says in the end: its own text and those of its drop-ins, later ones over earlier ones, each
 * assignment with where it stands. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "unitfile/text.h"
#include "unitfile/words.h"

/* A text, the caller's. */
struct unit_source {
        const char *text;
        size_t size;
};

struct unit_setting {
        const char *section, *key, *value; /* value "": empty */
        size_t source;                     /* in which of the texts, */
        unsigned line;                     /* and where */
        bool counts; /* it is not empty, nothing behind it takes it back, and the manager takes it */
};

struct unit_merged {
        struct unit_text *texts;
        size_t n_texts;
        struct unit_setting *items; /* in the order in which they are read, also what does not count */
        size_t n;
};

/*
 * sources[0] is the unit file, the drop-ins follow in the order in which they are read
 * (unitfile/dropin.h). The sources may be freed then. Time and memory in proportion to their size. Returns 0
 * or -ENOMEM.
 */
int unit_merged_read(const struct unit_source *sources, size_t n, struct unit_merged *ret);
void unit_merged_clear(struct unit_merged *m);
#define _cleanup_unit_merged_ __attribute__((cleanup(unit_merged_clear)))

/* The next assignment of a setting that counts, in order; after NULL: the first. NULL at the end. */
const struct unit_setting *unit_merged_next(const struct unit_merged *m, const char *section,
                                            const char *key, const struct unit_setting *after);

/* The last one that counts, which is the only one unless the setting is a list. NULL: it has its default. */
const struct unit_setting *unit_merged_get(const struct unit_merged *m, const char *section,
                                           const char *key);

/* A walk over the words of a setting that is a list, of all its assignments that count. Begins zeroed. */
struct unit_merged_words {
        const struct unit_setting *setting; /* that the word is of */
        struct unit_words words;            /* words.word: the word */
};

/* 1: there is one more; 0 at the end; -ENOMEM. */
int unit_merged_next_word(const struct unit_merged *m, const char *section, const char *key,
                          struct unit_merged_words *w);
void unit_merged_words_end(struct unit_merged_words *w);
#define _cleanup_unit_merged_words_ __attribute__((cleanup(unit_merged_words_end)))

/* The same as a boolean; fallback if it is not set, or is set to something else than a boolean. */
bool unit_merged_is_true(const struct unit_merged *m, const char *section, const char *key, bool fallback);

#endif
