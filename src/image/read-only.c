/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "basic/btrfs.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "image/image.h"
#include "image/manage.h"

/* -EOPNOTSUPP where the file system has no attributes, unless there is nothing to take back. */
static int set_immutable(int fd, bool immutable)
{
        int flags, wanted;

        if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0) {
                if (errno != ENOTTY && errno != EOPNOTSUPP && errno != ENOSYS)
                        return -errno;
                return immutable ? -EOPNOTSUPP : 0;
        }
        wanted = immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
        if (wanted != flags && ioctl(fd, FS_IOC_SETFLAGS, &wanted) < 0)
                return errno == ENOTTY ? -EOPNOTSUPP : -errno;
        return 0;
}

static int set_write_bits(int fd, bool read_only)
{
        struct stat st;
        mode_t mode;

        if (fstat(fd, &st) < 0)
                return -errno;
        mode = st.st_mode & 07777;
        mode = read_only ? mode & ~0222U : mode | 0200;
        return mode != (st.st_mode & 07777) && fchmod(fd, mode) < 0 ? -errno : 0;
}

static int set_device(int fd, bool read_only)
{
        int value = read_only;

        return ioctl(fd, BLKROSET, &value) < 0 ? -errno : 0;
}

/* -ESTALE: the file is of another kind by now. */
static int set_mark(int fd, enum kind_mark mark, bool read_only)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        switch (mark) {
        case KIND_MARK_WRITE_BITS:
                return S_ISREG(st.st_mode) ? set_write_bits(fd, read_only) : -ESTALE;
        case KIND_MARK_DEVICE:
                return S_ISBLK(st.st_mode) ? set_device(fd, read_only) : -ESTALE;
        case KIND_MARK_SUBVOLUME:
                return S_ISDIR(st.st_mode) && btrfs_is_subvolume(fd, st.st_ino)
                               ? btrfs_subvolume_set_read_only(fd, read_only)
                               : -ESTALE;
        case KIND_MARK_IMMUTABLE:
                return S_ISDIR(st.st_mode) ? set_immutable(fd, read_only) : -ESTALE;
        case KIND_MARK_NEVER:
                break;
        }
        return -ESTALE;
}

int image_set_read_only(int image_fd, const struct image *image, bool read_only, struct error *error)
{
        const char *path = image->path;
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (layout_is_vendor(path))
                return error_set(error, ERROR_SYSTEM, EROFS,
                                 "Image '%s' comes from the vendor (is below /usr), its read-only mark "
                                 "cannot be changed",
                                 path);
        if (image_kind(image->type)->mark == KIND_MARK_NEVER)
                return error_set(
                        error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                        "Image '%s' is in layers: whether it is read-only is said by what it is made "
                        "of, and cannot be marked",
                        path);
        fd = fd_reopen(image_fd, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return error_set_errno(error, fd, "Cannot open image '%s'", path);
        r = set_mark(fd, image_kind(image->type)->mark, read_only);
        if (r == -ESTALE)
                return error_set(error, ERROR_SYSTEM, r, "Image '%s' has been changed in the meantime",
                                 path);
        if (r == -EOPNOTSUPP)
                return error_set(
                        error, ERROR_NOT_SUPPORTED, r,
                        "The file system of image '%s' has no immutable attribute, by which a directory is "
                        "marked read-only",
                        path);
        if (r < 0)
                return error_set_errno(error, r, "Cannot mark image '%s' %s", path,
                                       read_only ? "read-only" : "writable");
        return 0;
}
