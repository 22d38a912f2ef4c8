/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/layout-image.h"

#include <stddef.h>

#include "basic/path.h"

const char *const layout_os_release[] = {"/etc/os-release", "/usr/lib/os-release", NULL};
const char layout_sysext_release[] = "/usr/lib/extension-release.d";
const char layout_confext_release[] = "/etc/extension-release.d";

const struct layout_mount_point layout_mount_points[LAYOUT_MOUNT_POINT_MAX] = {
        {MOUNT_POINT_PROC, "/proc", true},
        {MOUNT_POINT_SYS, "/sys", true},
        {MOUNT_POINT_DEV, "/dev", true},
        {MOUNT_POINT_RUN, "/run", true},
        {MOUNT_POINT_TMP, "/tmp", true},
        {MOUNT_POINT_VAR_TMP, "/var/tmp", true},
        {MOUNT_POINT_MACHINE_ID, "/etc/machine-id", false},
        {MOUNT_POINT_RESOLV_CONF, "/etc/resolv.conf", false},
};

bool layout_is_volatile(const char *path)
{
        return path_is_below(path, "/run");
}
