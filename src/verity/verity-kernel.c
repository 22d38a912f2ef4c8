/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "verity/device-mapper.h"

static bool device_mapper_is_there(void)
{
        _cleanup_close_ int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
        _cleanup_fclose_ FILE *f = NULL;
        char line[128];

        if (fd >= 0)
                return true;
        /* Without the node libdevmapper makes one, if the kernel has the driver. */
        f = fopen("/proc/misc", "re");
        while (f && fgets(line, sizeof(line), f))
                if (strstr(line, " device-mapper\n"))
                        return true;
        return false;
}

int verity_kernel_check(const char *image, const char *what, struct error *error)
{
        if (device_mapper_is_there())
                return 0;
        return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                         "Image '%s': %s is protected by verity, which this kernel does not support (no "
                         "device-mapper; perhaps: modprobe dm-verity)",
                         image, what);
}
