/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WIRE_NAMES_H
#define WIRE_NAMES_H

/* Names and numbers of the public bus contract, org.freedesktop.portable1(5). Daemon and client both use
 * them. */

#include <stdint.h>

#define PORTABLE_BUS_NAME          "org.freedesktop.portable1"
#define PORTABLE_MANAGER_PATH      "/org/freedesktop/portable1"
#define PORTABLE_MANAGER_INTERFACE "org.freedesktop.portable1.Manager"
#define PORTABLE_IMAGE_PATH        "/org/freedesktop/portable1/image"
#define PORTABLE_IMAGE_INTERFACE   "org.freedesktop.portable1.Image"

/* The t argument "flags" of the *WithExtensions methods. */
#define PORTABLE_RUNTIME         (UINT64_C(1) << 0)
#define PORTABLE_FORCE_ATTACH    (UINT64_C(1) << 1)
#define PORTABLE_FORCE_EXTENSION (UINT64_C(1) << 2)
#define PORTABLE_FLAGS_ALL       (PORTABLE_RUNTIME | PORTABLE_FORCE_ATTACH | PORTABLE_FORCE_EXTENSION)

#endif
