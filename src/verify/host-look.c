/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/host-look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/fd.h"
#include "basic/path.h"

static int look(int root_fd, const char *path, int flags, struct stat *ret)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, O_PATH | flags, 0);
        struct stat st;

        if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
                return 0;
        if (fd < 0)
                return fd;
        if (fstat(fd, ret ?: &st) < 0)
                return -errno;
        return 1;
}

int host_look(int root_fd, const char *path, struct stat *ret)
{
        return look(root_fd, path, 0, ret);
}

int host_look_link(int root_fd, const char *path, struct stat *ret)
{
        return look(root_fd, path, O_NOFOLLOW, ret);
}

static int open_directory(int root_fd, const char *path, DIR **ret)
{
        int r = directory_open_in_root(root_fd, path, ret);

        return r == -ELOOP ? 0 : r;
}

int host_look_glob(int root_fd, const char *path)
{
        _cleanup_free_ char *directory = path_directory(path);
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;
        int r;

        if (!strpbrk(path, "*?["))
                return host_look(root_fd, path, NULL);
        if (!directory || strpbrk(directory, "*?["))
                return -EOPNOTSUPP;
        r = open_directory(root_fd, directory, &d);
        if (r <= 0)
                return r;
        while ((r = directory_next(d, &de)) > 0)
                if (fnmatch(path_base(path), de->d_name, FNM_PERIOD) == 0)
                        return 1;
        return r;
}

int host_look_entries(int root_fd, const char *path)
{
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;
        int r = open_directory(root_fd, path, &d);

        return r <= 0 ? r : directory_next(d, &de);
}

bool host_is_this_system(int root_fd)
{
        struct stat a, b;

        return fstat(root_fd, &a) >= 0 && stat("/", &b) >= 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}
