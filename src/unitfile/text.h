/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef UNITFILE_TEXT_H
#define UNITFILE_TEXT_H

/*
 * The text of a unit file or of a drop-in as a list of assignments, line by line just as service managers
 * read it: whoever wants to know what a unit says asks here or, where several files make one unit,
 * unitfile/merged.h. Source: systemd.syntax(7), systemd.unit(5), and what systemd 252, 257 and 262 were seen
 * to do where those are silent. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

struct unit_assignment {
        const char *section, *key,
                *value; /* without blanks around them; quotes and "%" as they are written */
        unsigned line;  /* the first of those it is written on, from 1 */
};

enum text_fault_kind {
        TEXT_FAULT_NO_EQUALS,  /* neither section nor assignment nor comment: ignored */
        TEXT_FAULT_NO_KEY,     /* "=value": ignored */
        TEXT_FAULT_NO_SECTION, /* an assignment above the first section: ignored */
        TEXT_FAULT_EMPTY_NAME, /* "[]": what follows is ignored; managers from 262 on refuse the file */
        TEXT_FAULT_NUL, /* a NUL byte, which ends a line; once a file, and told before another fault of
                           the lines that it is among, which counts for the first of them */
        /* From the line on nothing is read, and a unit file (not a drop-in) with one of these is not loaded.
         */
        TEXT_FAULT_HEADER,   /* "[Section" that is not closed, or has something behind it */
        TEXT_FAULT_NOT_UTF8, /* also in what means nothing, other than in comments */
        TEXT_FAULT_TOO_LONG, /* 1 MiB or more: a line, or lines that go on in the next one */
};

struct text_fault {
        enum text_fault_kind kind;
        unsigned line;
        const char *text; /* the line, "" where it cannot be shown; not safe to print */
};

/* Faults beyond are counted, not kept. */
#define TEXT_FAULTS_MAX 64U

struct unit_text {
        struct unit_assignment *items;
        size_t n;
        struct text_fault faults[TEXT_FAULTS_MAX];
        size_t n_faults; /* kept */
        bool refused;    /* nothing was read from the last fault on */
        char *buffer;    /* private: what the strings lie in */
};

/* Reads size bytes at text. Needs memory in proportion to size and no more. Returns 0 or -ENOMEM; a text
 * with faults is none. */
int unit_text_read(const char *text, size_t size, struct unit_text *ret);
void unit_text_clear(struct unit_text *t);
#define _cleanup_unit_text_ __attribute__((cleanup(unit_text_clear)))

#endif
