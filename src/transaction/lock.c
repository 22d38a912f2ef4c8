/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "transaction/lock-wait.h"
#include "transaction/reason.h"
#include "transaction/transaction.h"

/*
 * The lock is byte 0 of a file that only root can open, as an advisory lock on anything that others can open
 * would let anybody stop us. image/lock.c uses other bytes of the same file. OFD locks belong to the
 * descriptor: a crash frees them, and no other descriptor of the process does by accident.
 */
#define LOCK_FLAGS (O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

static bool is_forbidden(int r)
{
        return r == -EROFS || r == -EACCES || r == -EPERM;
}

static int check_file(int fd, const char *path, struct error *error)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return error_set_errno(error, errno, "Cannot look at lock file '%s'", path);
        if (!S_ISREG(st.st_mode))
                return error_set(error, ERROR_SYSTEM, EBADFD, "Lock file '%s' is not a regular file", path);
        if (st.st_uid != geteuid() || (st.st_mode & 077))
                return error_set(error, ERROR_SYSTEM, EPERM,
                                 "Lock file '%s' belongs to somebody else, or others may open it: remove it",
                                 path);
        return 0;
}

static int make_directories(int root_fd, const struct layout *layout)
{
        const char *const *directories = layout->lock_directories;

        return fd_mkdirs_in_root(root_fd, directories[strv_length((char *const *)directories) - 1], 0755);
}

int transaction_lock_open(int root_fd, const struct layout *layout, int *ret, struct error *error)
{
        const char *path = layout->lock;
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, LOCK_FLAGS, 0600);
        int r = 0;

        if (fd == -ENOENT) {
                r = make_directories(root_fd, layout);
                fd = r < 0 ? r : fd_open_in_root(root_fd, path, LOCK_FLAGS, 0600);
        }
        if (is_forbidden(fd)) {
                path = layout->lock_read_only;
                fd = fd_open_in_root(root_fd, path, LOCK_FLAGS, 0600);
                if (is_forbidden(fd) || fd == -ENOENT) {
                        *ret = -EBADF;
                        return 0;
                }
        }
        if (fd < 0) {
                _cleanup_close_ int run = fd_open_in_root(root_fd, layout->lock_directories[0], O_PATH, 0);

                return reason_set(error, reason_at(run, fd), fd, "Cannot lock '%s'", path);
        }
        r = check_file(fd, path, error);
        if (r < 0)
                return r;
        *ret = steal_fd(&fd);
        return 0;
}

int transaction_lock_counts(const struct layout *layout, int fd, struct error *error)
{
        struct stat st;

        if (fd < 0)
                return 1;
        if (fstat(fd, &st) < 0)
                return error_set_errno(error, errno, "Cannot look at lock file '%s'", layout->lock);
        return st.st_nlink > 0;
}

int transaction_lock(int root_fd, const struct layout *layout, const struct lock_listener *listener,
                     int *ret, struct error *error)
{
        for (;;) {
                _cleanup_close_ int fd = -EBADF;
                int r;

                r = transaction_lock_open(root_fd, layout, &fd, error);
                if (r < 0)
                        return r;
                r = fd >= 0 ? lock_wait(fd, 0, "", layout->lock, listener, error) : 0;
                if (r >= 0)
                        r = transaction_lock_counts(layout, fd, error);
                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                *ret = steal_fd(&fd);
                return 0;
        }
}

static bool is_there(int root_fd, const char *path)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, O_PATH | O_NOFOLLOW, 0);

        return fd >= 0;
}

unsigned transaction_lock_look(int root_fd, const struct layout *layout)
{
        unsigned n = 0;

        while (layout->lock_directories[n])
                if (!is_there(root_fd, layout->lock_directories[n++]))
                        return n - 1;
        return n + is_there(root_fd, layout->lock);
}

/* Removes a directory that is empty. */
static void remove_directory(int root_fd, const char *path)
{
        _cleanup_close_ int fd = fd_open_parent_in_root(root_fd, path);

        if (fd >= 0)
                (void)unlinkat(fd, path_base(path), AT_REMOVEDIR);
}

/* Whoever holds any of its bytes keeps it. And if it was removed while we came, the name is another's now.
 */
static bool remove_file(int root_fd, const char *path)
{
        struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        _cleanup_close_ int directory = fd_open_parent_in_root(root_fd, path), fd = -EBADF;
        struct stat st;

        if (directory < 0)
                return false;
        fd = openat(directory, path_base(path), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fcntl(fd, F_OFD_SETLK, &all) < 0 || fstat(fd, &st) < 0 || st.st_nlink == 0)
                return false;
        return unlinkat(directory, path_base(path), 0) >= 0;
}

void transaction_lock_restore(int root_fd, const struct layout *layout, unsigned before)
{
        size_t n = strv_length((char *const *)layout->lock_directories);

        if (before > n)
                return;
        (void)remove_file(root_fd, layout->lock_read_only);
        if (!remove_file(root_fd, layout->lock))
                return;
        while (n-- > before)
                remove_directory(root_fd, layout->lock_directories[n]);
}
