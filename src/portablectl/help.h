/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_HELP_H
#define PORTABLECTL_HELP_H

/* The texts of --help and --version, on standard output, from the tables in command-line.h. No line is
 * longer than 80 columns. */

#include "portablectl/command-line.h"

struct terminal;

/* All commands and options. */
void help_show(const struct terminal *t);
/* One command, and the options that it has and not all have. */
void help_show_command(const struct terminal *t, enum command command);
void version_show(void);

#endif
