/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_UNITS_INSTALL_H
#define PORTABLECTL_UNITS_INSTALL_H

/* Whether enabling a unit would reach units of the host: [Install] is the image author's, and the service
 * manager does what it says. */

struct client;
struct error;

/*
 * Refuses (ERROR_UNIT_EXISTS) a unit whose Alias= is the name of a unit of the host, or an instance of its
 * template, or whose Also= is one. path: of the unit file; paths: of all that are attached with it. Nothing
 * is refused where the file is out of reach: on other hosts, and where only root may read it.
 */
int units_check_install(struct client *client, const char *path, char *const *paths, struct error *error);

#endif
