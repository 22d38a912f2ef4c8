/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_TEXT_H
#define BASIC_TEXT_H

/* Text and other content in memory. */

#include <stddef.h>
#include <stdio.h>

/* Closes a stream of open_memstream(3). Returns its text, which the caller owns, or NULL if out of memory.
 */
char *text_stream_finish(FILE *f, char **text);

/* A copy of size bytes, which may hold NULs, with a NUL behind them. Owned by the caller, NULL if out of
 * memory. data may be NULL if size is 0. */
char *text_copy(const void *data, size_t size);

/* 1 or 0 for what settings, environment and command line take as a boolean, in any case (systemd.syntax(7));
 * -EINVAL for anything else. */
int text_to_boolean(const char *s);

/* A time limit as environment variables have it: whole seconds, 1 to a day. 0 for anything else. */
unsigned text_to_seconds(const char *s);

/* A copy as one word of a shell's command line, in quotes if it needs them. NULL if out of memory. */
char *text_quote(const char *word);

#endif
