/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "transaction/transaction.h"

/*
 * The lock is byte 0 of a file that only root can open, as an advisory lock on anything that others can open
 * would let anybody stop us. image/lock.c uses other bytes of the same file. OFD locks belong to the
 * descriptor: a crash frees them, and no other descriptor of the process does by accident.
 *
 * A tree whose /run cannot be written (a read-only one, or one that isn't ours) has no such file; then its
 * /etc/systemd, or what there is of it, is locked itself.
 */
#define LOCK_DIRECTORY "/run/systemd"
#define LOCK_FILE      LOCK_DIRECTORY "/portabled.lock"

static int lock_file(int root_fd, int *ret)
{
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = fd_open_in_root(root_fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                             0600);
        if (fd == -ENOENT) {
                r = fd_mkdirs_in_root(root_fd, LOCK_DIRECTORY, 0755);
                if (r < 0)
                        return r;
                fd = fd_open_in_root(root_fd, LOCK_FILE,
                                     O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
        }
        if (fd < 0)
                return fd;
        do
                r = fcntl(fd, F_OFD_SETLKW, &lock);
        while (r < 0 && errno == EINTR);
        if (r < 0)
                return -errno;
        *ret = steal_fd(&fd);
        return 0;
}

static int lock_directory(int root_fd, const char **ret_path, int *ret)
{
        static const char *const candidates[] = {"/etc/systemd", "/etc", "/"};
        _cleanup_close_ int fd = -EBADF;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(candidates) && (fd == -EBADF || fd == -ENOENT); i++) {
                *ret_path = candidates[i];
                fd = fd_open_in_root(root_fd, candidates[i], O_RDONLY | O_DIRECTORY, 0);
        }
        if (fd < 0)
                return fd;
        do
                r = flock(fd, LOCK_EX);
        while (r < 0 && errno == EINTR);
        if (r < 0)
                return -errno;
        *ret = steal_fd(&fd);
        return 0;
}

int transaction_lock(int root_fd, int *ret, struct error *error)
{
        const char *path = LOCK_FILE;
        int r = lock_file(root_fd, ret);

        if (r == -EROFS || r == -EACCES || r == -EPERM)
                r = lock_directory(root_fd, &path, ret);
        return r < 0 ? error_set_errno(error, r, "Cannot lock '%s'", path) : 0;
}
