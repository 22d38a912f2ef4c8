/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_DEVICES_H
#define PLAN_DEVICES_H

/* Whether a service may use but listed devices, told from its texts: then the drop-in has to list the loop
 * devices of its extensions. Called by operation/prepare.c. */

#include <stdbool.h>

/* unit: the text of a .service unit; profile: that of the drop-in which comes after it, NULL for none.
 * Counts PrivateDevices=, DevicePolicy= and DeviceAllow= as systemd.exec(5) and systemd.resource-control(5)
 * say, the later one over the earlier. */
bool devices_are_restricted(const char *unit, const char *profile);

#endif
