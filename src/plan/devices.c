/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/devices.h"

#include <string.h>

#include "unitfile/merged.h"

bool devices_are_restricted(const struct unit_merged *unit)
{
        const struct unit_setting *policy = unit_merged_get(unit, "Service", "DevicePolicy");

        return unit_merged_is_true(unit, "Service", "PrivateDevices", false) ||
               (policy && strcmp(policy->value, "auto") != 0) ||
               unit_merged_get(unit, "Service", "DeviceAllow");
}

bool unit_sets_root(const struct unit_merged *unit)
{
        for (size_t i = 0; i < unit->n; i++)
                if (strcmp(unit->items[i].section, "Service") == 0 &&
                    strncmp(unit->items[i].key, "Root", 4) == 0)
                        return true;
        return false;
}
