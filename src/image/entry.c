/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "image/describe.h"
#include "image/link.h"
#include "image/mstack.h"
#include "image/pick.h"

bool entry_error_is_broken(int r)
{
        return r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EMEDIUMTYPE || r == -EXDEV ||
               r == -ENAMETOOLONG || r == -ENOMEDIUM || r == -EILSEQ;
}

/* Describes the opened file fd that goes by the file name base. Sets all but the name and the entry. */
static int image_from_fd(int root_fd, int fd, const char *base, struct image **ret)
{
        _cleanup_image_ struct image *i = calloc(1, sizeof(struct image));
        int r;

        if (!i)
                return -ENOMEM;
        r = fd_path_in_root(root_fd, fd, &i->path);
        if (r < 0)
                return r;
        if (!text_is_printable(i->path))
                return -EILSEQ;
        r = image_describe(fd, "", entry_form_has_files(base), NULL, i);
        if (r < 0)
                return r;
        mstack_describe(fd, "", path_base(i->path), i);
        i->read_only = i->read_only || layout_is_vendor(i->path);
        *ret = steal_pointer(i);
        return 0;
}

/* The image that is picked from the versioned directory dir_fd. */
static int image_from_version(int root_fd, int dir_fd, const struct pick_pattern *pattern,
                              struct image **ret, int *ret_fd)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_image_ struct image *i = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct image_id link_id;
        int r;

        r = pick_open(root_fd, dir_fd, pattern, &fd, &path, &link_id);
        if (r < 0)
                return r;
        r = image_from_fd(root_fd, fd, path_base(path), &i);
        if (r < 0)
                return r;
        if (link_id.inode) {
                i->link = steal_pointer(path);
                i->link_id = link_id;
        }
        i->versioned = true;
        *ret = steal_pointer(i);
        *ret_fd = steal_fd(&fd);
        return 0;
}

/* Turns a descriptor of a versioned directory that goes by the name base into its pick. any: take the raw
 * files in "x.v", too. Returns 1 if it was one, 0 if not (fd untouched). */
static int pick_if_versioned(int root_fd, const char *base, bool any, int *fd, struct image **ret)
{
        _cleanup_pick_pattern_ struct pick_pattern pattern = {0};
        struct stat st;
        int r, picked;

        r = pick_pattern_from_directory(base, &pattern);
        if (r == -EINVAL)
                return 0;
        if (r < 0)
                return r;
        if (fstat(*fd, &st) < 0)
                return -errno;
        if (!S_ISDIR(st.st_mode))
                return 0;
        pattern.want_raw = pattern.want_raw || any;
        r = image_from_version(root_fd, *fd, &pattern, ret, &picked);
        if (r < 0)
                return r;
        fd_close(*fd);
        *fd = picked;
        return 1;
}

/* Opens and describes what path leads to. Sets all but the name and the entry. any: see above. */
static int open_image(int root_fd, const char *path, bool any, struct image **ret, int *ret_fd)
{
        _cleanup_image_ struct image *i = NULL;
        _cleanup_free_ char *link = NULL;
        _cleanup_close_ int fd = -EBADF;
        struct image_id link_id;
        int r;

        r = link_open(root_fd, path, &fd, &link_id);
        if (r < 0)
                return r;
        if (link_id.inode) {
                link = strdup(path);
                if (!link)
                        return -ENOMEM;
        }
        r = pick_if_versioned(root_fd, path_base(path), any, &fd, &i);
        if (r == 0)
                r = image_from_fd(root_fd, fd, path_base(path), &i);
        if (r < 0)
                return r;
        if (link) {
                free(i->link);
                i->link = steal_pointer(link);
                i->link_id = link_id;
        }
        *ret = steal_pointer(i);
        *ret_fd = steal_fd(&fd);
        return 0;
}

/* The form of an entry and from it the name of the image. Directories keep a ".raw", and a link has not
 * always the suffix of what it leads to. */
static int name_from_entry(const char *entry, struct image *i, enum entry_form *ret_form)
{
        enum entry_form form = i->versioned ? entry_form_of(entry) : image_kind(i->type)->form;

        if (!string_ends_with(entry, entry_forms[form].suffix))
                form = ENTRY_FORM_PLAIN;
        *ret_form = form;
        i->name = strndup(entry, strlen(entry) - strlen(entry_forms[*ret_form].suffix));
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
        r = open_image(root_fd, entry, false, &i, &fd);
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

int entry_read(int root_fd, const char *directory, const struct search_directory *place, const char *name,
               struct image **ret, enum entry_form *ret_form)
{
        _cleanup_image_ struct image *i = calloc(1, sizeof(struct image));
        enum entry_form form;
        int r;

        if (!i)
                return -ENOMEM;
        if (string_ends_with(name, entry_forms[ENTRY_FORM_VERSIONED].suffix))
                return entry_open(root_fd, directory, name, ret, ret_form, NULL);
        r = image_describe(place->fd, name, entry_form_has_files(name), place, i);
        if (r == -ELOOP)
                return entry_open(root_fd, directory, name, ret, ret_form, NULL);
        if (r < 0)
                return r;
        mstack_describe(place->fd, name, name, i);
        r = name_from_entry(name, i, &form);
        if (r < 0)
                return r;
        i->path = path_join(place->path, name);
        i->entry = path_join(directory, name);
        if (!i->path || !i->entry)
                return -ENOMEM;
        if (!text_is_printable(i->path))
                return -EILSEQ;
        i->read_only = i->read_only || layout_is_vendor(i->path);
        *ret = steal_pointer(i);
        *ret_form = form;
        return 0;
}

/* DIR.v/NAME___SUFFIX, where no such file exists. */
static int open_path_pattern(int root_fd, const char *path, int *ret_fd, struct image **ret)
{
        _cleanup_pick_pattern_ struct pick_pattern pattern = {0};
        _cleanup_free_ char *directory = path_directory(path);
        _cleanup_close_ int dir_fd = -EBADF;
        int r;

        if (!directory)
                return -ENOMEM;
        if (!string_ends_with(directory, entry_forms[ENTRY_FORM_VERSIONED].suffix))
                return -ENOENT;
        r = pick_pattern_from_file(path_base(path), &pattern);
        if (r < 0)
                return r == -EINVAL ? -ENOENT : r;
        dir_fd = fd_open_in_root(root_fd, directory, O_PATH | O_DIRECTORY, 0);
        if (dir_fd < 0)
                return dir_fd;
        return image_from_version(root_fd, dir_fd, &pattern, ret, ret_fd);
}

int entry_open_path(int root_fd, const char *path, struct image **ret, int *ret_fd)
{
        _cleanup_image_ struct image *i = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        r = open_image(root_fd, path, true, &i, &fd);
        if (r == -ENOENT)
                r = open_path_pattern(root_fd, path, &fd, &i);
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
