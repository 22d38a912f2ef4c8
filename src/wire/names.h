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

/*
 * Our own interface beside the one above, on the same object, for what that has no room for: several images
 * in one call, dry runs, warnings, signals. See org.freedesktop.portable1(5), "Extensions".
 */
#define PORTABLED_INTERFACE       "org.portabled.Manager1"
#define PORTABLED_IMAGE_INTERFACE "org.portabled.Image1"

/* The signal of it that tells a waiting caller how far the copy of an image is: caller's unique name, path,
 * bytes done, bytes in all. */
#define PORTABLED_COPY_PROGRESS "CopyProgress"

/* The one that tells a caller that it waits for another operation: caller's unique name, name of the image
 * without a version, "" for any. */
#define PORTABLED_OPERATION_WAITS "OperationWaits"

/* Further flags that only its methods take. */
#define PORTABLED_DRY_RUN (UINT64_C(1) << 16) /* check and plan, change nothing */
#define PORTABLED_ATOMIC  (UINT64_C(1) << 17) /* all images or none */
#define PORTABLED_STRICT  (UINT64_C(1) << 18) /* refuse images with warnings */
#define PORTABLED_CONFINE (UINT64_C(1) << 19) /* refuse images that step out of the profile */

#endif
