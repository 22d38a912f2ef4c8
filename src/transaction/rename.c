/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/rename.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool flag_is_unknown(int errnum)
{
        return errnum == EINVAL || errnum == ENOSYS || errnum == EOPNOTSUPP;
}

int rename_new(struct end from, struct end to)
{
        struct stat st;

        if (renameat2(from.dir_fd, from.name, to.dir_fd, to.name, RENAME_NOREPLACE) >= 0)
                return 0;
        if (!flag_is_unknown(errno))
                return -errno;

        if (fstatat(from.dir_fd, from.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (!S_ISDIR(st.st_mode)) {
                if (linkat(from.dir_fd, from.name, to.dir_fd, to.name, 0) >= 0)
                        return unlinkat(from.dir_fd, from.name, 0) < 0 ? -errno : 0;
                if (errno != EPERM && errno != EOPNOTSUPP)
                        return -errno;
        }
        /* The last resort leaves an instant between look and move; rename(2) never replaces a directory that
         * has something in it. */
        if (fstatat(to.dir_fd, to.name, &st, AT_SYMLINK_NOFOLLOW) >= 0)
                return -EEXIST;
        if (errno != ENOENT)
                return -errno;
        return renameat(from.dir_fd, from.name, to.dir_fd, to.name) < 0 ? -errno : 0;
}

int rename_swap(struct end from, struct end to, struct end spare)
{
        if (renameat2(from.dir_fd, from.name, to.dir_fd, to.name, RENAME_EXCHANGE) >= 0)
                return 0;
        if (!flag_is_unknown(errno))
                return -errno;

        unlinkat(spare.dir_fd, spare.name, 0);
        if (linkat(to.dir_fd, to.name, spare.dir_fd, spare.name, 0) < 0)
                return errno == EPERM ? -EOPNOTSUPP : -errno;
        return renameat(from.dir_fd, from.name, to.dir_fd, to.name) < 0 ? -errno : 0;
}
