/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_UNIT_FAKE_H
#define TEST_UNIT_FAKE_H

/*
 * A service manager that does what a unit's name says:
 *
 *     early.service    its job ends before the request for it is answered
 *     fails.service    its job fails
 *     unknown.service  is not there
 *     never.service    its job does not end
 *     shared.service   has one job, however often it is asked for, which ends after the second time; a call
 * for many units tells of it once running.service  is active, all others are inactive
 *
 * Jobs are numbered from 1 in the order in which they were asked for.
 */

#include <systemd/sd-bus.h>

/* As 252 has it, and with EnqueueUnitJobMany() in addition, as 262 has it. */
extern const sd_bus_vtable fake_manager[];
extern const sd_bus_vtable fake_manager_many[];

/* Zeroed by the test, counted in the process that plays the manager. */
struct fake_state {
        unsigned jobs, shared;
};

#endif
