/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_CONCERNED_H
#define OPERATION_CONCERNED_H

/*
 * Which attached units an image that was named concerns, and how near they are to what was asked for.
 * Whoever asks for a version ("web_1.5") and gets the answer for another one ("web_1.4") has to be told.
 */

#include <stddef.h>

struct attached_index;
struct error;
struct operation;
struct operation_request;

enum concerned_match {
        CONCERNED_NONE,        /* nothing is attached */
        CONCERNED_EXACT,       /* all images that were named are attached, together */
        CONCERNED_UNVERSIONED, /* so they are, where a name without a version ("web") stands for any version
                                */
        CONCERNED_OTHER,       /* other versions, or some of the images only */
};

/* Zero-initialise. */
struct concerned {
        size_t *units; /* indices into the index, in its order */
        size_t n;
        enum concerned_match match;
        char *version; /* name of the attached image that stands for the one that was named; NULL: none */
};

void concerned_clear(struct concerned *c);
#define _cleanup_concerned_ __attribute__((cleanup(concerned_clear)))

/*
 * The nearest there is: exactly these images; all units of which all of them are layers; the same with names
 * without a version standing for any; other versions; units of which any of them, or another version of any,
 * is a layer (as systemd's portabled has it from 262 on). Nothing attached is not an error. Only -ENOMEM.
 */
int concerned_find(struct operation *o, const struct attached_index *index,
                   const struct operation_request *request, struct concerned *ret, struct error *error);

#endif
