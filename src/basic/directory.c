/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/fd.h"

int directory_take(int fd, DIR **ret)
{
        DIR *d;
        int r;

        if (fd < 0)
                return fd;
        d = fdopendir(fd);
        if (!d) {
                r = -errno;
                fd_close(fd);
                return r;
        }
        *ret = d;
        return 0;
}

int directory_open(int fd, DIR **ret)
{
        int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return own < 0 ? -errno : directory_take(own, ret);
}

int directory_open_in_root(int root_fd, const char *path, DIR **ret)
{
        int r = directory_take(fd_open_in_root(root_fd, path, O_RDONLY | O_DIRECTORY, 0), ret);

        if (r == 0)
                return 1;
        *ret = NULL;
        return r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

int directory_next(DIR *d, struct dirent **ret)
{
        while (d) {
                struct dirent *e;

                errno = 0;
                e = readdir(d);
                if (!e)
                        return -errno;
                if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
                        continue;
                *ret = e;
                return 1;
        }
        return 0;
}
