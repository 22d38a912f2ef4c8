/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/path.h"

int fd_open_in_root(int root_fd, const char *path, int flags, mode_t mode)
{
        struct open_how how = {
                .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
                .mode = flags & (O_CREAT | __O_TMPFILE) ? mode : 0,
                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
        };
        int fd;

        if (*path == '\0')
                path = ".";
        /* The kernel answers EAGAIN when a rename elsewhere raced with ".."; it asks for another try. */
        for (unsigned i = 0; i < 32; i++) {
                fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
                if (fd >= 0 || errno != EAGAIN)
                        break;
        }
        return fd < 0 ? -errno : fd;
}

static int proc_fd_readlink(int fd, char **ret)
{
        char link[sizeof("/proc/self/fd/") + 11];

        snprintf(link, sizeof(link), "/proc/self/fd/%i", fd);
        return fd_readlink(AT_FDCWD, link, ret);
}

bool fd_has_directory_in_root(int root_fd, const char *path)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, O_PATH | O_DIRECTORY, 0);

        return fd >= 0;
}

int fd_open_parent_in_root(int root_fd, const char *path)
{
        _cleanup_free_ char *parent = path_directory(path);

        return parent ? fd_open_in_root(root_fd, parent, O_PATH | O_DIRECTORY, 0) : -ENOMEM;
}

int fd_path_in_root(int root_fd, int fd, char **ret)
{
        _cleanup_free_ char *root = NULL, *path = NULL;
        size_t n;
        char *s;
        int r;

        r = proc_fd_readlink(root_fd, &root);
        if (r >= 0)
                r = proc_fd_readlink(fd, &path);
        if (r < 0)
                return r;

        n = strcmp(root, "/") == 0 ? 0 : strlen(root);
        if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0'))
                return -EXDEV;
        s = strdup(path[n] ? path + n : "/");
        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}

int fd_reopen(int fd, int flags)
{
        char link[sizeof("/proc/self/fd/") + 11];
        int r;

        snprintf(link, sizeof(link), "/proc/self/fd/%i", fd);
        r = open(link, flags | O_CLOEXEC);
        return r < 0 ? -errno : r;
}

int fd_chmod(int fd, mode_t mode)
{
        char link[sizeof("/proc/self/fd/") + 11];

        snprintf(link, sizeof(link), "/proc/self/fd/%i", fd);
        return chmod(link, mode) < 0 ? -errno : 0;
}

int fd_read_all(int fd, size_t max, char **ret, size_t *ret_size)
{
        _cleanup_free_ char *buffer = NULL;
        size_t size = 0, allocated = 0;
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
                return -EFBIG;

        for (;;) {
                ssize_t n;

                if (allocated - size < 2) {
                        size_t want = allocated             ? allocated * 2
                                      : S_ISREG(st.st_mode) ? (size_t)st.st_size + 2
                                                            : 4096;
                        char *grown = realloc(buffer, want);

                        if (!grown)
                                return -ENOMEM;
                        buffer = grown;
                        allocated = want;
                }
                n = read(fd, buffer + size, allocated - size - 1);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                size += (size_t)n;
                if (size > max)
                        return -EFBIG;
        }
        buffer[size] = '\0';
        *ret = steal_pointer(buffer);
        if (ret_size)
                *ret_size = size;
        return 0;
}

int fd_read_regular(int fd, size_t max, char **ret, size_t *ret_size)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EBADFD;
        return fd_read_all(fd, max, ret, ret_size);
}

int fd_read_file_in_root(int root_fd, const char *path, size_t max, char **ret, size_t *ret_size)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

        return fd < 0 ? fd : fd_read_regular(fd, max, ret, ret_size);
}

int fd_write_all(int fd, const void *data, size_t size)
{
        const char *p = data;

        while (size > 0) {
                ssize_t n = write(fd, p, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                p += n;
                size -= (size_t)n;
        }
        return 0;
}

int fd_mkdirs_in_root(int root_fd, const char *path, mode_t mode)
{
        _cleanup_close_ int dir = fd_open_in_root(root_fd, "/", O_PATH | O_DIRECTORY, 0);
        _cleanup_free_ char *upto = NULL;
        size_t n = 0;
        int made = 0;

        if (dir < 0)
                return dir;
        upto = strdup(path);
        if (!upto)
                return -ENOMEM;

        while (path[n += strspn(path + n, "/")]) {
                size_t m = strcspn(path + n, "/");
                int next;

                upto[n + m] = '\0';
                made = mkdirat(dir, upto + n, mode) >= 0;
                if (!made && errno != EEXIST)
                        return -errno;
                /* Resolve from the root each time: a component may be a symlink. */
                next = fd_open_in_root(root_fd, upto, O_PATH | O_DIRECTORY, 0);
                if (next < 0)
                        return next;
                fd_close(dir);
                dir = next;
                if (path[n + m])
                        upto[n + m] = '/';
                n += m;
        }
        return made;
}

int fd_readlink(int dir_fd, const char *name, char **ret)
{
        char buffer[PATH_MAX];
        ssize_t n = readlinkat(dir_fd, name, buffer, sizeof(buffer));
        char *s;

        if (n < 0)
                return -errno;
        if ((size_t)n >= sizeof(buffer))
                return -ENAMETOOLONG;
        s = strndup(buffer, (size_t)n);
        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}

bool fd_is_same(int a, int b)
{
        struct stat x, y;

        return fstat(a, &x) >= 0 && fstat(b, &y) >= 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool fd_is_temporary(int fd)
{
        struct statfs sfs;

        if (fstatfs(fd, &sfs) < 0)
                return false;
        return sfs.f_type == TMPFS_MAGIC || sfs.f_type == RAMFS_MAGIC;
}
