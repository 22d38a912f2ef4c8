/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "extract/network.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#include "basic/cleanup.h"

#define OURS "/proc/self/ns/net"

int network_make(int *ret_fd)
{
        _cleanup_close_ int before = open(OURS, O_RDONLY | O_CLOEXEC), made = -EBADF;
        int r;

        if (before < 0 || unshare(CLONE_NEWNET) < 0)
                return -errno;
        made = open(OURS, O_RDONLY | O_CLOEXEC);
        r = made < 0 ? -errno : 0;
        if (network_join(before) < 0)
                return -EBUSY;
        if (r < 0)
                return r;
        *ret_fd = steal_fd(&made);
        return 0;
}

int network_join(int fd)
{
        return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
}
