/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "image/entry.h"
#include "image/image.h"
#include "image/mask.h"
#include "image/pick.h"

static int find_in_directory(int root_fd, const char *directory, const char *name, enum entry_form form,
                             struct image **ret, int *ret_fd)
{
        char file[NAME_MAX + ENTRY_SUFFIX_SIZE];
        _cleanup_image_ struct image *i = NULL;
        _cleanup_close_ int fd = -EBADF;
        enum entry_form is;
        int r;

        snprintf(file, sizeof(file), "%s%s", name, entry_forms[form].suffix);
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

/* Why an entry of the search path is not the image it might have been meant as; NULL if it is not there. */
static const char *near_miss(int root_fd, const char *path, enum entry_form form)
{
        _cleanup_close_ int entry = fd_open_in_root(root_fd, path, O_PATH | O_NOFOLLOW, 0), fd = -EBADF;
        struct stat st;

        if (entry < 0)
                return NULL;
        fd = fd_open_in_root(root_fd, path, O_PATH, 0);
        if (fd < 0 || fstat(fd, &st) < 0)
                return "is a symlink that leads nowhere";
        if (S_ISREG(st.st_mode) && form == ENTRY_FORM_PLAIN)
                return "is a file whose name does not end in '.raw'";
        /* A directory "x.raw.v" is no "x.raw": that name has other forms. */
        if (form == ENTRY_FORM_VERSIONED && entry_form_of(path) == form && S_ISDIR(st.st_mode))
                return "has no version for this machine";
        if (entry_forms[form].versioned)
                return NULL;
        return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? NULL : "is neither a file nor a directory";
}

static int error_no_image(int root_fd, const struct layout *layout, const char *name, struct error *error)
{
        for (const char *const *d = layout->images; *d; d++)
                for (enum entry_form form = 0; form < ENTRY_FORM_MAX; form++) {
                        _cleanup_free_ char *path = NULL;
                        const char *why;

                        if (asprintf(&path, "%s/%s%s", *d, name, entry_forms[form].suffix) < 0) {
                                path = NULL;
                                return error_set_oom(error);
                        }
                        why = near_miss(root_fd, path, form);
                        if (why)
                                return error_set(error, ERROR_NO_SUCH_IMAGE, ENOENT,
                                                 "No image '%s' found: '%s' %s", name, path, why);
                }
        return error_set(error, ERROR_NO_SUCH_IMAGE, ENOENT, "No image '%s' found.", name);
}

/* What is not an image may be a link to /dev/null. */
static bool is_masked(int root_fd, const char *directory, const char *name, enum entry_form form)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, directory, O_PATH | O_DIRECTORY, 0);
        char file[NAME_MAX + ENTRY_SUFFIX_SIZE];

        snprintf(file, sizeof(file), "%s%s", name, entry_forms[form].suffix);
        return fd >= 0 && entry_is_mask(fd, file);
}

static int error_masked(const char *name, const char *directory, enum entry_form form, struct error *error)
{
        return error_set(error, ERROR_NO_SUCH_IMAGE, ENOENT,
                         "Image '%s' is masked: '%s/%s%s' is a link to /dev/null", name, directory, name,
                         entry_forms[form].suffix);
}

/* Returns 1 if found, 0 if not. */
static int find_any_form(int root_fd, const char *directory, const char *name, struct image **ret,
                         int *ret_fd, struct error *error)
{
        for (enum entry_form form = 0; form < ENTRY_FORM_MAX; form++) {
                int r = find_in_directory(root_fd, directory, name, form, ret, ret_fd);

                if (r >= 0)
                        return 1;
                if (r == -E2BIG)
                        return error_set(error, ERROR_NO_SUCH_IMAGE, ENOENT,
                                         "No image '%s' found: '%s/%s%s' has more than %u entries", name,
                                         directory, name, entry_forms[form].suffix, PICK_ENTRIES_MAX);
                if (r == -EMEDIUMTYPE && is_masked(root_fd, directory, name, form))
                        return error_masked(name, directory, form, error);
                if (!entry_error_is_broken(r))
                        return error_set_errno(error, r, "Cannot open image '%s/%s%s'", directory, name,
                                               entry_forms[form].suffix);
        }
        return 0;
}

static int find_by_name(int root_fd, const struct layout *layout, const char *name, struct image **ret,
                        int *ret_fd, struct error *error)
{
        for (const char *const *d = layout->images; *d; d++) {
                int r = fd_has_directory_in_root(root_fd, *d)
                                ? find_any_form(root_fd, *d, name, ret, ret_fd, error)
                                : 0;

                if (r != 0)
                        return r < 0 ? r : 0;
        }
        return error_no_image(root_fd, layout, name, error);
}

static int set_path_error(int r, const char *path, struct error *error)
{
        _cleanup_free_ char *shown = text_escape(path);

        if (!shown)
                return error_set_oom(error);
        if (r == -ENOENT)
                return error_set(error, ERROR_SYSTEM, r, "No image found at '%s'", shown);
        if (r == -ENOMEDIUM)
                return error_set(error, ERROR_SYSTEM, ENOENT,
                                 "Versioned directory '%s' has no image for this machine", shown);
        if (r == -E2BIG)
                return error_set(error, ERROR_SYSTEM, ENOENT,
                                 "Versioned directory '%s' has more than %u entries", shown,
                                 PICK_ENTRIES_MAX);
        if (r == -EMEDIUMTYPE)
                return error_set(
                        error, ERROR_BAD_IMAGE_TYPE, r,
                        "'%s' is not an image: images are directories, btrfs subvolumes, block devices "
                        "and regular files named '*.raw'",
                        shown);
        if (r == -EILSEQ)
                return error_set(
                        error, ERROR_INVALID_ARGS, r,
                        "Image path '%s' leads to a name with control characters or invalid UTF-8, which no "
                        "unit file could hold",
                        shown);
        if (r == -EINVAL)
                return error_set(error, ERROR_INVALID_ARGS, r,
                                 "'%s' is neither a valid image name nor a normalized absolute path", shown);
        return error_set_errno(error, r, "Cannot open image '%s'", shown);
}

int image_find(int root_fd, const struct layout *layout, const char *name_or_path, struct image **ret,
               int *ret_fd, struct error *error)
{
        int r;

        if (image_name_is_valid(name_or_path))
                return find_by_name(root_fd, layout, name_or_path, ret, ret_fd, error);
        if (path_is_normalized(name_or_path) && name_or_path[1])
                r = entry_open_path(root_fd, name_or_path, ret, ret_fd);
        else
                r = -EINVAL;
        return r < 0 ? set_path_error(r, name_or_path, error) : 0;
}
