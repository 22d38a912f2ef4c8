/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_TEXT_H
#define BASIC_TEXT_H

/* Text built through a memory stream. */

#include <stdio.h>

/* Closes a stream of open_memstream(3). Returns its text, which the caller owns, or NULL if out of memory.
 */
char *text_stream_finish(FILE *f, char **text);

#endif
