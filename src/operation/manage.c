/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/manage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout-image.h"
#include "basic/layout.h"
#include "image/mstack.h"
#include "operation/check.h"
#include "operation/operation.h"
#include "operation/view.h"
#include "plan/kind.h"

int operation_get_image(struct operation *o, const char *name, struct image **ret, struct error *error)
{
        const struct operation_request request = {.image = name};
        _cleanup_image_ struct image *image = NULL;
        int r = operation_request_check(&request, 0, error);

        if (r < 0)
                return r;
        r = image_find(o->root_fd, o->layout, name, &image, NULL, error);
        if (r < 0)
                return view_hide_reason(o, name, r, error);
        r = view_show_image(o, image, error);
        if (r == 0)
                r = error_set(error, ERROR_NO_SUCH_IMAGE, ENOENT, "No image '%s' found.", image->name);
        if (r < 0)
                return r;
        *ret = steal_pointer(image);
        return 0;
}

/* An image that is to be changed. */
struct held_image {
        struct image *image;
        int fd; /* of just this image; its path may lead elsewhere at any time */
        int lock_fd;
};

static void held_clear(struct held_image *h)
{
        h->image = image_free(h->image);
        h->fd = fd_close(h->fd);
        h->lock_fd = fd_close(h->lock_fd);
}

#define _cleanup_held_ _cleanup_(held_clear)

static int lock_and_find(struct operation *o, const char *name, struct held_image *ret, struct error *error)
{
        const struct operation_request request = {.image = name};
        _cleanup_close_ int lock = -EBADF;
        int r;

        r = operation_request_check(&request, 0, error);
        if (r < 0)
                return r;
        r = operation_lock_images(o, &request, 1, &lock, error);
        if (r < 0)
                return r;
        r = image_find(o->root_fd, o->layout, name, &ret->image, &ret->fd, error);
        if (r < 0)
                return r;
        ret->lock_fd = steal_fd(&lock);
        return 0;
}

/* A layer of anything attached stays: its services would lose the ground under their feet. */
static int check_not_attached(struct operation *o, const struct image *image, struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        /* Not image->name: a link or a versioned directory goes by another name than its file, which markers
         * have. */
        _cleanup_free_ char *name = image_name_from_path(image->path);
        char *names[] = {name, NULL};
        size_t *found, n;
        int r;

        if (!name)
                return error_set_oom(error);
        r = attached_index_read(o->root_fd, o->layout, &index, error);
        if (r < 0)
                return r;
        if (attached_index_find(&index, names, ATTACHED_ANY, &found, &n) < 0)
                return error_set_oom(error);
        if (n > 0)
                r = error_set(error, ERROR_SYSTEM, EBUSY,
                              "Image '%s' is not detached (unit '%s' uses it), refusing", image->path,
                              index.units[found[0]].name);
        free(found);
        return r;
}

static bool has_release(int image_fd)
{
        const char *const extension[] = {layout_sysext_release, layout_confext_release, NULL};
        const char *const *const lists[] = {layout_os_release, extension};

        for (size_t i = 0; i < ELEMENTSOF(lists); i++)
                for (const char *const *path = lists[i]; *path; path++) {
                        _cleanup_close_ int fd = fd_open_in_root(image_fd, *path, O_PATH, 0);

                        if (fd >= 0)
                                return true;
                }
        return false;
}

/*
 * A directory named by its path may be anything, and who owns one above may have put a link there, to what
 * is not his. One that carries no release file is not an image, and is left as it is (systemd's portabled
 * removes /home on request).
 */
static int check_is_image(const struct layout *layout, const struct image *image, int image_fd,
                          const char *what, struct error *error)
{
        if (image_kind(image->type)->removal != KIND_REMOVE_TREE || layout_has_image(layout, image->path) ||
            (image_kind(image->type)->stack ? mstack_is_one(image_fd) : has_release(image_fd)))
                return 0;
        if (image_kind(image->type)->stack)
                return error_set(
                        error, ERROR_BAD_IMAGE_TYPE, EMEDIUMTYPE,
                        "Directory '%s' has no layers, or entries that an image in layers cannot have, "
                        "so it is not an image, refusing to %s it",
                        image->path, what);
        return error_set(error, ERROR_BAD_IMAGE_TYPE, EMEDIUMTYPE,
                         "Directory '%s' has no os-release or extension-release file, so it is not an "
                         "image, refusing to %s it",
                         image->path, what);
}

int operation_remove(struct operation *o, const char *name, struct error *error)
{
        _cleanup_held_ struct held_image h = {.fd = -EBADF, .lock_fd = -EBADF};
        int r;

        r = lock_and_find(o, name, &h, error);
        if (r >= 0)
                r = check_not_attached(o, h.image, error);
        if (r >= 0)
                r = check_is_image(o->layout, h.image, h.fd, "remove", error);
        if (r >= 0)
                r = operation_commit(o, error);
        if (r < 0)
                return r;
        return image_remove(o->root_fd, o->layout, h.image, error);
}

int operation_mark_read_only(struct operation *o, const char *name, bool read_only, struct error *error)
{
        _cleanup_held_ struct held_image h = {.fd = -EBADF, .lock_fd = -EBADF};
        int r = lock_and_find(o, name, &h, error);

        if (r >= 0)
                r = check_is_image(o->layout, h.image, h.fd, "mark", error);
        if (r >= 0)
                r = operation_commit(o, error);
        return r < 0 ? r : image_set_read_only(h.fd, h.image, read_only, error);
}

int operation_set_limit(struct operation *o, const char *name, uint64_t limit, struct error *error)
{
        _cleanup_held_ struct held_image h = {.fd = -EBADF, .lock_fd = -EBADF};
        int r = lock_and_find(o, name, &h, error);

        if (r >= 0)
                r = check_is_image(o->layout, h.image, h.fd, "limit", error);
        if (r >= 0)
                r = operation_commit(o, error);
        return r < 0 ? r : image_set_limit(h.fd, h.image, limit, error);
}

int operation_set_pool_limit(struct operation *o, uint64_t limit, struct error *error)
{
        return image_pool_set_limit(o->root_fd, o->layout, limit, error);
}
