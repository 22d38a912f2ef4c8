/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EXTRACT_EXEC_LINE_H
#define EXTRACT_EXEC_LINE_H

/*
 * Which programs a .service file will start: what its Exec*= lines name. Only what is certain is reported,
 * since the result is a warning: absolute paths without specifiers or variables, of commands that run inside
 * the image and whose failure counts. Pure. Called by the reader.
 */

#include <stddef.h>

/*
 * The paths in order, each once, at most max of them. Not among them: commands marked "-" (they may fail) or
 * "+" (not confined), names that are looked up in a search path, and, with RootDirectoryStartOnly=yes, all
 * but ExecStart=. Source: systemd.service(5) "COMMAND LINES", systemd.syntax(7). Returns 0 or -ENOMEM.
 */
int exec_paths(const char *data, size_t size, size_t max, char ***ret);

#endif
