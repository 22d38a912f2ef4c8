/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/fd.h"

int private_close(struct private_directory *d, int dir_fd)
{
        struct stat st;
        int r;

        if (fstat(dir_fd, &st) < 0)
                return -errno;
        if (!(st.st_mode & 077))
                return 0;
        r = fd_chmod(dir_fd, st.st_mode & 07700);
        if (r < 0 || d->mode)
                return r;
        d->fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
        if (d->fd < 0)
                return -errno;
        d->mode = st.st_mode & 07777;
        return 0;
}

void private_reopen(struct private_directory *d)
{
        if (d->mode)
                (void)fd_chmod(d->fd, d->mode);
        private_clear(d);
}

void private_clear(struct private_directory *d)
{
        if (d->mode)
                fd_close(d->fd);
        *d = (struct private_directory){};
}
