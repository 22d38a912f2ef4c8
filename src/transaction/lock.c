/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
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
 */
#define LOCK_DIRECTORY "/run/systemd"
#define LOCK_NAME      "portabled.lock"
#define LOCK_FILE      LOCK_DIRECTORY "/" LOCK_NAME
/* Where /run can't be written, but what an attach changes can. */
#define LOCK_FILE_ETC "/etc/systemd/" LOCK_NAME

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

int transaction_lock_open(int root_fd, int *ret, struct error *error)
{
        const char *path = LOCK_FILE;
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, LOCK_FLAGS, 0600);
        int r = 0;

        if (fd == -ENOENT) {
                r = fd_mkdirs_in_root(root_fd, LOCK_DIRECTORY, 0755);
                fd = r < 0 ? r : fd_open_in_root(root_fd, path, LOCK_FLAGS, 0600);
        }
        if (is_forbidden(fd)) {
                path = LOCK_FILE_ETC;
                fd = fd_open_in_root(root_fd, path, LOCK_FLAGS, 0600);
                if (is_forbidden(fd) || fd == -ENOENT) {
                        *ret = -EBADF;
                        return 0;
                }
        }
        if (fd < 0) {
                _cleanup_close_ int run = fd_open_in_root(root_fd, "/run", O_PATH, 0);

                return reason_set(error, reason_at(run, fd), fd, "Cannot lock '%s'", path);
        }
        r = check_file(fd, path, error);
        if (r < 0)
                return r;
        *ret = steal_fd(&fd);
        return 0;
}

int transaction_lock(int root_fd, int *ret, struct error *error)
{
        for (;;) {
                struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
                _cleanup_close_ int fd = -EBADF;
                struct stat st;
                int r;

                r = transaction_lock_open(root_fd, &fd, error);
                if (r < 0)
                        return r;
                while (fd >= 0 && fcntl(fd, F_OFD_SETLKW, &lock) < 0)
                        if (errno != EINTR)
                                return error_set_errno(error, errno, "Cannot lock '%s'", LOCK_FILE);
                if (fd >= 0 && fstat(fd, &st) < 0)
                        return error_set_errno(error, errno, "Cannot look at lock file '%s'", LOCK_FILE);
                /* Somebody who works offline may have taken the file away while we waited: then the next one
                 * counts. */
                if (fd >= 0 && st.st_nlink == 0)
                        continue;
                *ret = steal_fd(&fd);
                return 0;
        }
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

/* Whoever holds any of its bytes keeps it. And if it was removed while we came, the name is another's now.
 */
static bool remove_file(int root_fd, const char *parent)
{
        struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        _cleanup_close_ int directory = fd_open_in_root(root_fd, parent, O_PATH | O_DIRECTORY, 0),
                            fd = -EBADF;
        struct stat st;

        if (directory < 0)
                return false;
        fd = openat(directory, LOCK_NAME, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fcntl(fd, F_OFD_SETLK, &all) < 0 || fstat(fd, &st) < 0 || st.st_nlink == 0)
                return false;
        return unlinkat(directory, LOCK_NAME, 0) >= 0;
}

void transaction_lock_restore(int root_fd, unsigned before)
{
        if (before >= 3)
                return;
        (void)remove_file(root_fd, "/etc/systemd");
        if (!remove_file(root_fd, LOCK_DIRECTORY))
                return;
        if (before < 2)
                remove_directory(root_fd, "/run", "systemd");
        if (before < 1)
                remove_directory(root_fd, "/", "run");
}
