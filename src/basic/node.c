/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/node.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "basic/cleanup.h"

int node_open(int dir_fd, const char *name, dev_t device)
{
        _cleanup_close_ int fd =
                openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
        struct stat st;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISBLK(st.st_mode) || (device && st.st_rdev != device))
                return -ENXIO;
        return steal_fd(&fd);
}

int node_open_private(dev_t device)
{
        _cleanup_close_ int fs = -EBADF, tree = -EBADF;

        fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
        if (fs < 0)
                return -errno;
        if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
                return -errno;
        tree = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
        if (tree < 0)
                return -errno;
        if (mknodat(tree, "node", S_IFBLK | 0600, device) < 0)
                return -errno;
        return node_open(tree, "node", device);
}
