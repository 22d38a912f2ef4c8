/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VERIFY_CHECKS_H
#define VERIFY_CHECKS_H

/* The parts of verify.c and foretell.c, a file each. */

#include <stdbool.h>

struct error;
struct findings;
struct operation;
struct operation_request;
struct prepared;
struct settings;
struct stack;
struct view;

/* The unit files: text, what they trigger and require, names that the host has. units.c. Returns 0 or a
 * negative errno with *error set, which is out of memory. */
int check_units(struct operation *o, const struct operation_request *request, const struct prepared *p,
                const struct settings *known, struct findings *f, struct error *error);

/* Mount points that are missing under other profiles than the one asked for. mount-points.c */
int check_other_profiles(struct operation *o, const struct operation_request *request,
                         const struct prepared *p, struct findings *f, struct error *error);

/* What the image carries that portable services do not use. carried.c */
int check_carried(const struct operation *o, const struct prepared *p, struct findings *f,
                  struct error *error);

/* What an image in layers is made of, and which of it cannot be opened: nothing if image is none. stack.c */
int look_at_stack(struct operation *o, const char *image, struct stack *ret, struct findings *f,
                  struct error *error);

/* What is odd about how it is put together. stack.c */
int check_stacks(const struct prepared *p, struct findings *f, struct error *error);

/* All about one service and what it sees; these return 0 or -ENOMEM. */

/* Mount points that are not there, and cannot be made. mount-points.c */
int check_view_mounts(const struct view *v, struct findings *f);
/* Paths in the image that settings name. paths.c */
int check_view_paths(const struct view *v, struct findings *f);
/* What settings name on the host: files, accounts, bus names. host.c */
int check_view_host(const struct view *v, struct findings *f);
/* What the service manager of a user cannot do; nothing for the system. user.c */
int check_view_user(const struct view *v, struct findings *f);
/* Of any kind of unit. conditions.c */
int check_view_conditions(const struct view *v, struct findings *f);
/* The programs that it starts: there, executable, and, where they may be read, for this machine, with their
 * interpreters. programs.c */
int check_view_programs(const struct view *v, bool read, struct findings *f);

#endif
