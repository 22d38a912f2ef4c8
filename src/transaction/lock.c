/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "transaction/reason.h"
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
#define LOCK_NAME      "portabled.lock"
#define LOCK_FILE      LOCK_DIRECTORY "/" LOCK_NAME

static int lock_open_file(int root_fd, int *ret)
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

/* Somebody who works offline may have taken the file away while we waited: then the next one counts. */
static int lock_file(int root_fd, int *ret)
{
        for (;;) {
                _cleanup_close_ int fd = -EBADF;
                struct stat st;
                int r = lock_open_file(root_fd, &fd);

                if (r < 0)
                        return r;
                if (fstat(fd, &st) < 0)
                        return -errno;
                if (st.st_nlink == 0)
                        continue;
                *ret = steal_fd(&fd);
                return 0;
        }
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
        if (r < 0) {
                _cleanup_close_ int fd = fd_open_in_root(root_fd, "/run", O_PATH, 0);

                return reason_set(error, reason_at(fd, r), r, "Cannot lock '%s'", path);
        }
        return 0;
}

unsigned transaction_lock_look(int root_fd)
{
        static const char *const parts[] = {"/run", LOCK_DIRECTORY, LOCK_FILE};
        unsigned n = 0;

        while (n < ELEMENTSOF(parts)) {
                _cleanup_close_ int fd = fd_open_in_root(root_fd, parts[n], O_PATH | O_NOFOLLOW, 0);

                if (fd < 0)
                        break;
                n++;
        }
        return n;
}

/* Removes a directory that is empty. */
static void remove_directory(int root_fd, const char *parent, const char *name)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, parent, O_PATH | O_DIRECTORY, 0);

        if (fd >= 0)
                (void)unlinkat(fd, name, AT_REMOVEDIR);
}

void transaction_lock_restore(int root_fd, unsigned before)
{
        struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        _cleanup_close_ int directory = -EBADF, fd = -EBADF;
        struct stat st;

        if (before >= 3)
                return;
        directory = fd_open_in_root(root_fd, LOCK_DIRECTORY, O_PATH | O_DIRECTORY, 0);
        if (directory < 0)
                return;
        fd = openat(directory, LOCK_NAME, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        /* Whoever holds any of its bytes keeps it. And if it was removed while we came, the name is
         * another's now. */
        if (fd < 0 || fcntl(fd, F_OFD_SETLK, &all) < 0 || fstat(fd, &st) < 0 || st.st_nlink == 0)
                return;
        (void)unlinkat(directory, LOCK_NAME, 0);
        if (before < 2)
                remove_directory(root_fd, "/run", "systemd");
        if (before < 1)
                remove_directory(root_fd, "/", "run");
}
