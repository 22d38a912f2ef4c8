/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASIC_LAYOUT_IMAGE_H
#define BASIC_LAYOUT_IMAGE_H

/* What lies at the same place in each image, whoever it is attached for. */

#include <stdbool.h>

/* The os-release file: in the first of these that there is. Source: os-release(5). Ends with NULL. */
extern const char *const layout_os_release[];

/* Where extensions have their release files. Source: os-release(5). */
extern const char layout_sysext_release[];
extern const char layout_confext_release[];

/* Mount points a service's sandbox needs; present in the tree (as what they should be: file or directory).
 */
enum mount_point {
        MOUNT_POINT_PROC = 1U << 0,
        MOUNT_POINT_SYS = 1U << 1,
        MOUNT_POINT_DEV = 1U << 2,
        MOUNT_POINT_RUN = 1U << 3,
        MOUNT_POINT_TMP = 1U << 4,
        MOUNT_POINT_VAR_TMP = 1U << 5,
        MOUNT_POINT_MACHINE_ID = 1U << 6,
        MOUNT_POINT_RESOLV_CONF = 1U << 7,
};

enum { LAYOUT_MOUNT_POINT_MAX = 8 };

struct layout_mount_point {
        enum mount_point flag;
        const char *path;
        bool directory;
};

extern const struct layout_mount_point layout_mount_points[LAYOUT_MOUNT_POINT_MAX];

/* What is there only while something runs: no file of an image. */
bool layout_is_volatile(const char *path);

#endif
