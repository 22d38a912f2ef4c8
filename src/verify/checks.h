/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_CHECKS_H
#define VERIFY_CHECKS_H

/* The parts of verify.c, a file each. All return 0 or a negative errno with *error set, which is out of
 * memory. */

struct error;
struct findings;
struct operation;
struct operation_request;
struct prepared;
struct settings;

/* The unit files: text, what they trigger and require, names that the host has. units.c */
int check_units(struct operation *o, const struct operation_request *request, const struct prepared *p,
                const struct settings *known, struct findings *f, struct error *error);

/* The programs that services start: there, executable, for this machine, with their interpreters. programs.c
 */
int check_programs(struct operation *o, const struct prepared *p, struct findings *f, struct error *error);

/* What a read-only image must have as mount points, for the profile chosen and the others. mount-points.c */
int check_mount_points(struct operation *o, const struct operation_request *request, struct prepared *p,
                       struct findings *f, struct error *error);

#endif
