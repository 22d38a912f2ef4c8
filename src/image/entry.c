/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "image/describe.h"

const char *const entry_form_suffix[ENTRY_FORM_MAX] = {
        [ENTRY_FORM_PLAIN] = "",
        [ENTRY_FORM_RAW] = ".raw",
};

bool entry_error_is_broken(int r)
{
        return r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EMEDIUMTYPE || r == -EXDEV ||
               r == -ENAMETOOLONG;
}

static bool is_vendor(const char *path)
{
        return path_is_below(path, "/usr");
}

/* Describes the opened file fd that was reached by the file name base. Sets all but the name and the entry.
 */
static int image_from_fd(int root_fd, int fd, const char *base, struct image **ret)
{
        _cleanup_image_ struct image *i = calloc(1, sizeof(struct image));
        int r;

        if (!i)
                return -ENOMEM;
        r = fd_path_in_root(root_fd, fd, &i->path);
        if (r < 0)
                return r;
        r = image_describe(fd, "", string_ends_with(base, ".raw"), NULL, i);
        if (r < 0)
                return r;
        i->read_only = i->read_only || is_vendor(i->path);
        *ret = steal_pointer(i);
        return 0;
}

/* The form of an entry and from it the name of the image. Directories keep a ".raw". */
static int name_from_entry(const char *entry, struct image *i, enum entry_form *ret_form)
{
        *ret_form = i->type == IMAGE_RAW ? ENTRY_FORM_RAW : ENTRY_FORM_PLAIN;
        i->name = strndup(entry, strlen(entry) - strlen(entry_form_suffix[*ret_form]));
        if (!i->name)
                return -ENOMEM;
        return image_name_is_valid(i->name) ? 0 : -EMEDIUMTYPE;
}

int entry_open(int root_fd, const char *directory, const char *name, struct image **ret,
               enum entry_form *ret_form, int *ret_fd)
{
        _cleanup_free_ char *entry = path_join(directory, name);
        _cleanup_image_ struct image *i = NULL;
        _cleanup_close_ int fd = -EBADF;
        enum entry_form form;
        int r;

        if (!entry)
                return -ENOMEM;
        fd = fd_open_in_root(root_fd, entry, O_PATH, 0);
        if (fd < 0)
                return fd;
        r = image_from_fd(root_fd, fd, name, &i);
        if (r < 0)
                return r;
        r = name_from_entry(name, i, &form);
        if (r < 0)
                return r;
        i->entry = steal_pointer(entry);
        *ret = steal_pointer(i);
        *ret_form = form;
        if (ret_fd)
                *ret_fd = steal_fd(&fd);
        return 0;
}

int entry_read(int root_fd, const char *directory, const struct place *place, const char *name,
               struct image **ret, enum entry_form *ret_form)
{
        _cleanup_image_ struct image *i = calloc(1, sizeof(struct image));
        enum entry_form form;
        int r;

        if (!i)
                return -ENOMEM;
        r = image_describe(place->fd, name, string_ends_with(name, ".raw"), place, i);
        if (r == -ELOOP)
                return entry_open(root_fd, directory, name, ret, ret_form, NULL);
        if (r < 0)
                return r;
        r = name_from_entry(name, i, &form);
        if (r < 0)
                return r;
        i->path = path_join(place->path, name);
        i->entry = path_join(directory, name);
        if (!i->path || !i->entry)
                return -ENOMEM;
        i->read_only = i->read_only || is_vendor(i->path);
        *ret = steal_pointer(i);
        *ret_form = form;
        return 0;
}

/* *ret is set to path if it is a link: whoever removes the image removes that. */
static int link_from_path(int root_fd, const char *path, char **ret)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, O_PATH | O_NOFOLLOW, 0);
        struct stat st;

        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISLNK(st.st_mode))
                return 0;
        *ret = strdup(path);
        return *ret ? 0 : -ENOMEM;
}

int entry_open_path(int root_fd, const char *path, struct image **ret, int *ret_fd)
{
        _cleanup_image_ struct image *i = NULL;
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, O_PATH, 0);
        int r;

        if (fd < 0)
                return fd;
        r = image_from_fd(root_fd, fd, path_base(path), &i);
        if (r < 0)
                return r;
        r = link_from_path(root_fd, path, &i->entry);
        if (r < 0)
                return r;
        i->name = image_name_from_path(i->path);
        if (!i->name)
                return -ENOMEM;
        *ret = steal_pointer(i);
        if (ret_fd)
                *ret_fd = steal_fd(&fd);
        return 0;
}
