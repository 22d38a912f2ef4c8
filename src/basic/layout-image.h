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

/* What is there only while something runs: no file of an image. */
bool layout_is_volatile(const char *path);

#endif
