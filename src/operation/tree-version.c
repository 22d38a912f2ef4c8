/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/tree-version.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"

#define LIBRARY_PREFIX "libsystemd-shared-"

static void scan_libraries(int root_fd, const char *path, unsigned *version)
{
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;

        (void)directory_open_in_root(root_fd, path, &d);
        while (directory_next(d, &de) > 0) {
                unsigned v;

                if (sscanf(de->d_name, LIBRARY_PREFIX "%5u", &v) == 1 && strstr(de->d_name, ".so") &&
                    v > 0 && (*version == 0 || v < *version))
                        *version = v;
        }
}

unsigned tree_manager_version(int root_fd)
{
        _cleanup_closedir_ DIR *d = NULL;
        unsigned version = 0;
        struct dirent *de;

        for (const char *const *place = layout_manager_libraries; *place; place++)
                scan_libraries(root_fd, *place, &version);
        /* Debian and its kin have a directory for each architecture. */
        (void)directory_open_in_root(root_fd, layout_libraries, &d);
        while (directory_next(d, &de) > 0) {
                char path[300];

                if (!strstr(de->d_name, "-linux-"))
                        continue;
                snprintf(path, sizeof(path), "%s/%s/systemd", layout_libraries, de->d_name);
                scan_libraries(root_fd, path, &version);
        }
        return version;
}
