/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MANAGER_CURRENT_H
#define MANAGER_CURRENT_H

/*
 * Whether the service manager goes by the unit files that lie on disk now, so that it needs no reload.
 *
 * Since 247 a manager looks at its directories again when it loads a unit, if their time stamps differ from
 * those of the last look. Such stamps are coarse, and what it has loaded it keeps. So nothing is taken for
 * granted: a manager is asked, after the files were changed, and in this order, in which it answers:
 *
 * - is any of the units loaded? One that is, for whatever reason (it runs, another one names it), may have
 *   been loaded before the change. What is not loaded now can only be loaded from what is on disk by now;
 * - what comes of loading each unit, in one answer: the file, the drop-ins, and that the manager does not
 *   itself say that it needs a reload. That shows that its idea of which files there are holds for all that
 *   the unit is made of, however many changes there were within one tick of the clock.
 *
 * What is loaded for the question, and not referred to, is forgotten right away.
 */

#include <stddef.h>
#include <systemd/sd-bus.h>

struct error;
struct wait;

struct manager_expected {
        const char *unit;     /* its name; of a template no instance may be loaded, and one is tried */
        const char *fragment; /* the file that it is loaded from; NULL: there is none */
        char *const *dropins; /* those that it has, in any order; such as all units of its type have may come
                                 beside them. Only with fragment */
};

/* A unit costs the manager some 2 ms, as it reads all its directories again, and a reload 20 and more. The
 * bus allows a connection 128 calls that are not answered yet. */
#define MANAGER_EXPECTED_MAX 16U

/* Returns 1 if the manager goes by the files as expected; 0 if it does not, or if that is not certain; or a
 * negative errno with *error set if it did not answer in time (see manager/wait.h), or the connection is
 * lost. */
int manager_is_current(sd_bus *bus, const struct wait *wait, const struct manager_expected *units, size_t n,
                       struct error *error);

#endif
