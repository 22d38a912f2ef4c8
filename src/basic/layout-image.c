/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/layout-image.h"

#include <stddef.h>

#include "basic/path.h"

const char *const layout_os_release[] = {"/etc/os-release", "/usr/lib/os-release", NULL};
const char layout_sysext_release[] = "/usr/lib/extension-release.d";
const char layout_confext_release[] = "/etc/extension-release.d";

bool layout_is_volatile(const char *path)
{
        return path_is_below(path, "/run");
}
