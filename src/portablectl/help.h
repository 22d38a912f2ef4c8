/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_HELP_H
#define PORTABLECTL_HELP_H

/* The texts of --help and --version, on standard output. Called by main(). */

#include <stddef.h>

struct terminal;

/* One verb as the help shows it. */
struct verb_help {
        const char *name;
        const char *arguments; /* "IMAGE [PREFIX…]" */
        const char *summary;
};

/* All verbs and options. */
void help_show(const struct terminal *t, const struct verb_help *verbs, size_t n);
/* One verb, and the options that matter to it. */
void help_show_verb(const struct terminal *t, const struct verb_help *verb);
void version_show(void);

#endif
