/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dissect/dissect.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "dissect/filesystem.h"
#include "dissect/loop.h"
#include "dissect/mount.h"
#include "dissect/probe.h"
#include "dissect/select.h"

struct dissected {
        int tree_fd;
        bool is_directory;
};

struct dissected *dissect_close(struct dissected *d)
{
        if (!d)
                return NULL;
        fd_close(d->tree_fd);
        free(d);
        return NULL;
}

void cleanup_dissectedp(struct dissected **d)
{
        *d = dissect_close(*d);
}

int dissected_tree_fd(const struct dissected *d)
{
        return d->tree_fd;
}

/* That there is a file system in the partition which images may hold. */
static int partition_check(const struct partition *p, const char *image, const char *what,
                           const struct filesystem **ret, struct error *error)
{
        const struct filesystem *fs = NULL;

        if (p->ambiguous)
                return error_set(error, ERROR_FAILED, EUCLEAN,
                                 "Image '%s': %s has the signatures of more than one file system.", image,
                                 what);
        if (!p->fstype)
                return error_set(error, ERROR_FAILED, EMEDIUMTYPE,
                                 "Image '%s': %s holds no known file system.", image, what);
        if (filesystem_is_encrypted(p->fstype))
                return error_set(
                        error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                        "Image '%s': %s is encrypted (%s); encrypted images are not unlocked for portable "
                        "services.",
                        image, what, p->fstype);
        fs = filesystem_find(p->fstype);
        if (!fs)
                return error_set(
                        error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                        "Image '%s': %s is of type '%s', which images cannot have; supported are %s.", image,
                        what, p->fstype, filesystem_names());
        *ret = fs;
        return 0;
}

/* A file system that is larger than its place was cut off; the kernel's answers to that are no help. */
static int partition_check_size(const struct partition *p, const struct filesystem *fs, int fd,
                                const char *image, const char *what, struct error *error)
{
        uint64_t needed = 0;
        int r = filesystem_size(fs, fd, p->offset, &needed);

        if (r == -ENODATA)
                needed = UINT64_MAX;
        else if (r < 0)
                return error_set_errno(error, r, "Image '%s': cannot read %s", image, what);
        if (needed > p->size)
                return error_set(error, ERROR_FAILED, EUCLEAN,
                                 "Image '%s' is truncated or damaged: %s (%s) needs %" PRIu64
                                 " bytes, but there are only %" PRIu64 ".",
                                 image, what, fs->name, needed, p->size);
        return 0;
}

static int partition_mount(const struct partition *p, int fd, const char *image, int *ret_fd,
                           struct error *error)
{
        _cleanup_free_ char *what = partition_describe(p);
        _cleanup_close_ int device = -EBADF;
        const struct filesystem *fs = NULL;
        int r;

        if (!what)
                return error_set_oom(error);
        r = partition_check(p, image, what, &fs, error);
        if (r < 0)
                return r;
        r = partition_check_size(p, fs, fd, image, what, error);
        if (r < 0)
                return r;
        r = loop_attach(fd, p->offset, p->size, image, &device, error);
        if (r < 0)
                return r;
        return mount_device(fs, device, image, what, ret_fd, error);
}

static int mount_selection(const struct selection *s, int fd, const char *image, int *ret_fd,
                           struct error *error)
{
        _cleanup_close_ int root = -EBADF, usr = -EBADF;
        int r;

        if (s->by[DESIGNATOR_ROOT]) {
                r = partition_mount(s->by[DESIGNATOR_ROOT], fd, image, &root, error);
                if (r < 0)
                        return r;
        }
        if (!s->by[DESIGNATOR_USR]) {
                *ret_fd = steal_fd(&root);
                return 0;
        }
        r = partition_mount(s->by[DESIGNATOR_USR], fd, image, &usr, error);
        if (r < 0)
                return r;
        return mount_combine(root, usr, image, ret_fd, error);
}

static int open_raw(const struct dissect_options *options, const char *image, int *ret_fd,
                    struct error *error)
{
        _cleanup_partition_table_ struct partition_table table = {};
        _cleanup_close_ int fd = fd_reopen(options->image_fd, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        struct selection selection;
        int r;

        if (fd < 0)
                return error_set_errno(error, fd, "Image '%s': cannot open it for reading", image);
        r = image_probe(fd, image, &table, error);
        if (r < 0)
                return r;
        r = partitions_select(&table, image, architecture_native(), &selection, error);
        if (r < 0)
                return r;
        return mount_selection(&selection, fd, image, ret_fd, error);
}

static int open_directory(const struct dissect_options *options, const char *image, int *ret_fd,
                          struct error *error)
{
        int fd = openat(options->image_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return error_set_errno(error, errno, "Image '%s': cannot open the directory", image);
        *ret_fd = fd;
        return 0;
}

int dissect_open(const struct dissect_options *options, struct dissected **ret, struct error *error)
{
        _cleanup_free_ char *image = text_escape(options->path);
        _cleanup_dissected_ struct dissected *d = calloc(1, sizeof(*d));
        struct stat st;
        int r;

        if (!image || !d)
                return error_set_oom(error);
        d->tree_fd = -EBADF;
        if (fstat(options->image_fd, &st) < 0)
                return error_set_errno(error, errno, "Image '%s': cannot look at it", image);

        d->is_directory = S_ISDIR(st.st_mode);
        if (d->is_directory)
                r = open_directory(options, image, &d->tree_fd, error);
        else if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
                r = open_raw(options, image, &d->tree_fd, error);
        else
                r = error_set(error, ERROR_BAD_IMAGE_TYPE, EMEDIUMTYPE,
                              "Image '%s' is neither a directory, nor a regular file, nor a block device.",
                              image);
        if (r < 0)
                return r;
        *ret = steal_pointer(d);
        return 0;
}
