/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "image/image.h"
#include "image/manage.h"
#include "image/removal.h"

/* Beside NAME.raw: what verity/verity-side.h reads there. */
static const char *const side_cars[] = {".roothash", ".roothash.p7s", ".usrhash", ".usrhash.p7s", ".verity"};

/* What must not go, whoever asks: vendor images, and what the host itself needs. */
static int check_path(const struct layout *layout, const char *path, struct error *error)
{
        if (layout_is_vendor(path))
                return error_set(error, ERROR_SYSTEM, EROFS,
                                 "'%s' comes from the vendor (is below /usr) and is read-only, so it cannot "
                                 "be removed",
                                 path);
        for (const char *const *d = layout->images; *d; d++)
                if (path_is_below(*d, path))
                        return error_set(error, ERROR_SYSTEM, EBUSY,
                                         "'%s' holds the image directory '%s', so it cannot be removed",
                                         path, *d);
        return 0;
}

static int open_parent(int root_fd, const char *path, struct error *error)
{
        _cleanup_free_ char *parent = path_directory(path);
        int fd;

        if (!parent)
                return error_set_oom(error);
        fd = fd_open_in_root(root_fd, parent, O_RDONLY | O_DIRECTORY, 0);
        return fd < 0 ? error_set_errno(error, fd, "Cannot open directory '%s'", parent) : fd;
}

static int error_changed(const char *path, struct error *error)
{
        return error_set(error, ERROR_SYSTEM, ESTALE, "'%s' has been changed in the meantime", path);
}

/* Removes this file and nothing else that may have come in its place. */
static int remove_file(int parent_fd, const char *path, const struct image_id *id, struct error *error)
{
        const char *name = path_base(path);

        if (!image_id_is(id, parent_fd, name))
                return error_changed(path, error);
        if (unlinkat(parent_fd, name, 0) < 0)
                return error_set_errno(error, errno, "Cannot remove '%s'", path);
        return 0;
}

/* After the image: without its side-cars it would attach unverified. */
static int remove_side_cars(int parent_fd, const char *path, struct error *error)
{
        const char *name = path_base(path);
        size_t n = strlen(name) - strlen(entry_forms[ENTRY_FORM_RAW].suffix);

        for (size_t i = 0; i < ELEMENTSOF(side_cars); i++) {
                _cleanup_free_ char *file = NULL;

                if (asprintf(&file, "%.*s%s", (int)n, name, side_cars[i]) < 0) {
                        file = NULL;
                        return error_set_oom(error);
                }
                if (unlinkat(parent_fd, file, 0) < 0 && errno != ENOENT)
                        return error_set_errno(error, errno,
                                               "Removed '%s', but failed to remove '%s' beside it", path,
                                               file);
        }
        return 0;
}

static int remove_raw(int parent_fd, const struct image *image, struct error *error)
{
        int r = remove_file(parent_fd, image->path, &image->id, error);

        if (r < 0 || !entry_form_has_files(image->path))
                return r;
        return remove_side_cars(parent_fd, image->path, error);
}

static int remove_tree(int parent_fd, const struct image *image, struct error *error)
{
        const char *name = path_base(image->path);
        _cleanup_close_ int fd = -EBADF;
        int r;

        r = removal_open(parent_fd, name, image->path, &fd, error);
        if (r < 0)
                return r;
        if (!image_id_is(&image->id, fd, ""))
                return error_changed(image->path, error);
        r = removal_check(fd, image->path, error);
        return r < 0 ? r : removal_run(parent_fd, name, fd, image->path, error);
}

int image_remove(int root_fd, const struct layout *layout, const struct image *image, struct error *error)
{
        const char *path = image->link ?: image->path;
        _cleanup_close_ int parent_fd = -EBADF;
        int r;

        r = check_path(layout, path, error);
        if (r < 0)
                return r;
        parent_fd = open_parent(root_fd, path, error);
        if (parent_fd < 0)
                return parent_fd;
        if (image->link)
                return remove_file(parent_fd, path, &image->link_id, error);
        switch (image_kind(image->type)->removal) {
        case KIND_REMOVE_FILE:
                return remove_raw(parent_fd, image, error);
        case KIND_REMOVE_TREE:
                return remove_tree(parent_fd, image, error);
        case KIND_REMOVE_NEVER:
                break;
        }
        return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                         "'%s' is a block device, which cannot be removed", path);
}
