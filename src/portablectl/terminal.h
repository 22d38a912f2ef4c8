/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_TERMINAL_H
#define PORTABLECTL_TERMINAL_H

/* What can be shown where: arrows, colours, and text that came from elsewhere. */

#include <stdbool.h>
#include <stddef.h>

struct terminal {
        bool utf8;               /* the locale's characters, for arrows */
        bool colours;            /* on standard output */
        bool colours_errors;     /* on standard error */
        bool shown;              /* standard output ends on a terminal, directly or through a pager */
        bool errors_shown;       /* standard error ends on a terminal */
        bool dumb;               /* that terminal cannot be written on but line by line */
        unsigned columns, lines; /* of that terminal; 0: there is none */
};

/* From the locale (set before by setlocale(3)), $SYSTEMD_COLORS, $NO_COLOR, $TERM, $COLUMNS, $LINES and what
 * the descriptors are. Source: systemctl(1), "Environment"; no-color.org. */
void terminal_detect(struct terminal *ret);

/* One line on standard error, in the colour of errors: text escaped so that it is a line. */
void terminal_error(const struct terminal *t, const char *text);

/* A line of information on standard error, printf-like. Arguments from elsewhere must be escaped before. */
void terminal_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "→" or "->". */
const char *terminal_arrow(const struct terminal *t);

/* Writes content to standard output as it is, or, where it is shown on a terminal, with control characters
 * other than newline and tab as \xNN. */
void terminal_content(const struct terminal *t, const char *data, size_t size);

#endif
