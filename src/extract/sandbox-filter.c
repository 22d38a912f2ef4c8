/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "extract/sandbox-internal.h"
#include "extract/sandbox-program.h" /* made by filter-compiler.c, where the list is */

int sandbox_filter(int channel_fd)
{
        struct sock_filter mine[ELEMENTSOF(program)];
        const struct sock_fprog p = {.len = ELEMENTSOF(program), .filter = mine};

        memcpy(mine, program, sizeof(program));
        mine[PROGRAM_CHANNEL].k = (unsigned)channel_fd;
        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) < 0 ? -errno : 0;
}
