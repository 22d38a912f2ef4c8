/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "image/entry.h"
#include "image/image.h"

static int find_in_directory(int root_fd, const char *directory, const char *name, enum entry_form form,
                             struct image **ret, int *ret_fd)
{
        char file[NAME_MAX + sizeof(".raw.v")];
        _cleanup_image_ struct image *i = NULL;
        _cleanup_close_ int fd = -EBADF;
        enum entry_form is;
        int r;

        snprintf(file, sizeof(file), "%s%s", name, entry_form_suffix[form]);
        if (!filename_is_valid(file))
                return -ENOENT;
        r = entry_open(root_fd, directory, file, &i, &is, &fd);
        if (r < 0)
                return r;
        /* A directory "x.raw" is the image "x.raw", not "x"; but "x.raw" may be said for the file "x.raw".
         */
        if (form != ENTRY_FORM_PLAIN && is != form)
                return -ENOENT;
        *ret = steal_pointer(i);
        if (ret_fd)
                *ret_fd = steal_fd(&fd);
        return 0;
}

static int find_by_name(int root_fd, const char *name, struct image **ret, int *ret_fd, struct error *error)
{
        for (size_t d = 0; image_search_path[d]; d++)
                for (enum entry_form form = 0; form < ENTRY_FORM_MAX; form++) {
                        const char *directory = image_search_path[d];
                        int r = find_in_directory(root_fd, directory, name, form, ret, ret_fd);

                        if (r >= 0)
                                return 0;
                        if (!entry_error_is_broken(r))
                                return error_set_errno(error, r, "Failed to open image '%s/%s%s'", directory,
                                                       name, entry_form_suffix[form]);
                }
        return error_set(error, ERROR_NO_SUCH_IMAGE, ENOENT, "No image '%s' found.", name);
}

static int set_path_error(int r, const char *path, struct error *error)
{
        _cleanup_free_ char *shown = text_escape(path);

        if (!shown)
                return error_set_oom(error);
        if (r == -ENOENT)
                return error_set(error, ERROR_SYSTEM, r, "No image found at '%s'.", shown);
        if (r == -ENOMEDIUM)
                return error_set(error, ERROR_SYSTEM, ENOENT,
                                 "Versioned directory '%s' has no image for this machine.", shown);
        if (r == -EMEDIUMTYPE)
                return error_set(error, ERROR_BAD_IMAGE_TYPE, r,
                                 "'%s' is no image: images are directories, btrfs subvolumes, block devices "
                                 "and regular files named '*.raw'.",
                                 shown);
        if (r == -EILSEQ)
                return error_set(
                        error, ERROR_INVALID_ARGS, r,
                        "Image path '%s' leads to a name with control characters or invalid UTF-8, which no "
                        "unit file could hold.",
                        shown);
        if (r == -EINVAL)
                return error_set(error, ERROR_INVALID_ARGS, r,
                                 "'%s' is neither a valid image name nor a normalized absolute path.",
                                 shown);
        return error_set_errno(error, r, "Failed to open image '%s'", shown);
}

int image_find(int root_fd, const char *name_or_path, struct image **ret, int *ret_fd, struct error *error)
{
        int r;

        if (image_name_is_valid(name_or_path))
                return find_by_name(root_fd, name_or_path, ret, ret_fd, error);
        if (path_is_normalized(name_or_path) && name_or_path[1])
                r = entry_open_path(root_fd, name_or_path, ret, ret_fd);
        else
                r = -EINVAL;
        return r < 0 ? set_path_error(r, name_or_path, error) : 0;
}
