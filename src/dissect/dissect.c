/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dissect/dissect.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "dissect/filesystem.h"
#include "dissect/loop.h"
#include "dissect/mount.h"
#include "dissect/policy.h"
#include "dissect/probe.h"
#include "dissect/protection.h"
#include "dissect/select.h"

struct dissected {
        int tree_fd;
        bool is_directory;
        char *warning;
        struct protection protection; /* not for directories */
};

struct dissected *dissect_close(struct dissected *d)
{
        if (!d)
                return NULL;
        fd_close(d->tree_fd);
        free(d->warning);
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

static int mount_selection(const struct selection *s, const struct protection *protection, int fd,
                           const char *image, int *ret_fd, struct error *error)
{
        _cleanup_close_ int root = -EBADF, usr = -EBADF;
        int r;

        if (!(protection->use[DESIGNATOR_ROOT] & POLICY_IGNORE)) {
                r = partition_mount(s->by[DESIGNATOR_ROOT], fd, image, &root, error);
                if (r < 0)
                        return r;
        }
        if (protection->use[DESIGNATOR_USR] & POLICY_IGNORE) {
                *ret_fd = steal_fd(&root);
                return 0;
        }
        r = partition_mount(s->by[DESIGNATOR_USR], fd, image, &usr, error);
        if (r < 0)
                return r;
        return mount_combine(root, usr, image, ret_fd, error);
}

/* Further partitions are mounted by the service manager; see protection_pin(). */
static void look_for_directories(struct dissected *d)
{
        for (int i = 0; i < DESIGNATOR_POLICY_MAX; i++) {
                const char *path = designator_directory((enum designator)i);
                int fd;

                if (!path || (d->protection.use[i] & POLICY_IGNORE))
                        continue;
                fd = fd_open_in_root(d->tree_fd, path, O_PATH | O_DIRECTORY, 0);
                d->protection.no_directory[i] = fd < 0;
                fd_close(fd);
        }
}

static int warn(struct dissected *d, const struct partition_table *t, const struct selection *s,
                const char *image)
{
        const struct partition *root = s->by[DESIGNATOR_ROOT];

        if (t->kind != TABLE_MBR || !root || root->active)
                return 0;
        return asprintf(&d->warning,
                        "Image '%s': its partition %u is not marked active (bootable); systemd takes no "
                        "other MBR "
                        "partition as root, so services will not start from it.",
                        image, root->number) < 0
                       ? -ENOMEM
                       : 0;
}

static int open_raw(const struct dissect_options *options, const char *image, struct dissected *d,
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
        protection_fill(&table, &selection, &d->protection);
        r = protection_choose(&d->protection, &selection, options->policy, image, error);
        if (r < 0)
                return r;
        r = mount_selection(&selection, &d->protection, fd, image, &d->tree_fd, error);
        if (r < 0)
                return r;
        look_for_directories(d);
        return warn(d, &table, &selection, image) < 0 ? error_set_oom(error) : 0;
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
                r = open_raw(options, image, d, error);
        else
                r = error_set(error, ERROR_BAD_IMAGE_TYPE, EMEDIUMTYPE,
                              "Image '%s' is neither a directory, nor a regular file, nor a block device.",
                              image);
        if (r < 0)
                return r;
        *ret = steal_pointer(d);
        return 0;
}

int dissected_pin(const struct dissected *d, unsigned manager_version, char **ret, struct error *error)
{
        char *pin = NULL;

        if (!d->is_directory) {
                pin = protection_pin(&d->protection, manager_version);
                if (!pin)
                        return error_set_oom(error);
        }
        *ret = pin;
        return 0;
}

int dissected_pins_merge(const char *const *pins, size_t n, char **ret, struct error *error)
{
        struct image_policy merged = {}, pin;
        bool first = true;
        char *text = NULL;

        for (size_t i = 0; i < n; i++) {
                int r;

                if (!pins[i])
                        continue;
                r = image_policy_parse(pins[i], &pin, error);
                if (r < 0)
                        return r;
                if (first)
                        merged = pin;
                else
                        image_policy_union(&merged, &pin, &merged);
                first = false;
        }
        if (!first) {
                text = image_policy_to_string(&merged);
                if (!text)
                        return error_set_oom(error);
        }
        *ret = text;
        return 0;
}

const char *dissected_warning(const struct dissected *d)
{
        return d->warning;
}
