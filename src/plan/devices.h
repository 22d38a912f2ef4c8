/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_DEVICES_H
#define PLAN_DEVICES_H

/* Whether a service may only use listed devices: then the drop-in has to list the loop devices of its
 * extensions. Pure. */

#include <stdbool.h>

struct unit_merged;

/* unit: a service with its profile. Counts PrivateDevices=, DevicePolicy= and DeviceAllow= as
 * systemd.exec(5) and systemd.resource-control(5) say. */
bool devices_are_restricted(const struct unit_merged *unit);

/* Whether a unit says itself what its root is, or how that is to be mounted. */
bool unit_sets_root(const struct unit_merged *unit);

#endif
