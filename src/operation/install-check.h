/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef OPERATION_INSTALL_CHECK_H
#define OPERATION_INSTALL_CHECK_H

/* Whether enabling or disabling a unit would reach units of the host: [Install] is the image author's, and
 * the service manager does what it says. */

struct error;
struct install_source;

/*
 * Refuses (ERROR_UNIT_EXISTS) a unit whose Alias= is the name of a unit of the host, or an instance of its
 * template, or whose Also= is one; and one of which that cannot be told. path: of the unit file; paths: of
 * all that are attached with it.
 */
int install_check_enable(const struct install_source *source, const char *path, char *const *paths,
                         struct error *error);

/* The same before an attached unit is disabled, which its Also= would be with it. unit: name or path; units:
 * all that are disabled. One without a file in an attach directory is not refused. */
int install_check_disable(const struct install_source *source, const char *unit, char *const *units,
                          struct error *error);

#endif
