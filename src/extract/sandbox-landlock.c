/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "extract/sandbox-internal.h"

/* Later than the oldest kernel headers we build with. Source: landlock(7), kernel "userspace-api/landlock".
 */
#define ACCESS_FS_ABI_1  ((UINT64_C(1) << 13) - 1)
#define ACCESS_FS_REFER  (UINT64_C(1) << 13) /* ABI 2 */
#define ACCESS_FS_TRUNC  (UINT64_C(1) << 14) /* ABI 3 */
#define ACCESS_FS_IOCTL  (UINT64_C(1) << 15) /* ABI 5 */
#define ACCESS_NET_ABI_4 UINT64_C(3)         /* bind and connect TCP */
#define SCOPE_ABI_6      UINT64_C(3)         /* abstract UNIX sockets, signals */

struct ruleset {
        uint64_t fs, net, scoped;
};

/* Handles (so forbids) all that this version of the kernel interface knows. */
static size_t ruleset_fill(struct ruleset *r, long abi)
{
        *r = (struct ruleset){.fs = ACCESS_FS_ABI_1};
        if (abi >= 2)
                r->fs |= ACCESS_FS_REFER;
        if (abi >= 3)
                r->fs |= ACCESS_FS_TRUNC;
        if (abi >= 5)
                r->fs |= ACCESS_FS_IOCTL;
        if (abi >= 4)
                r->net = ACCESS_NET_ABI_4;
        if (abi >= 6)
                r->scoped = SCOPE_ABI_6;
        return abi >= 6 ? sizeof(*r) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

int sandbox_landlock(int tree_fd)
{
        struct landlock_path_beneath_attr beneath = {
                .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
                .parent_fd = tree_fd,
        };
        _cleanup_close_ int fd = -EBADF;
        struct ruleset ruleset;
        size_t size;
        long abi;

        abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
        if (abi < 0)
                return -errno;
        size = ruleset_fill(&ruleset, abi);
        fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
        if (fd < 0)
                return -errno;
        if (syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0)
                return -errno;
        if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
                return -errno;
        return 0;
}
