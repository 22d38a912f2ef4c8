/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/image-arg.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "plan/kind.h"

/* Absolute, without ".", ".." and doubled slashes; no file is looked at. */
static char *path_simplify(const char *path)
{
        _cleanup_strv_ char **parts = NULL, **kept = NULL;
        _cleanup_free_ char *joined = NULL;
        size_t n = 0;
        char *r;

        if (strv_split(path, "/", &parts) < 0)
                return NULL;
        for (size_t i = 0; parts[i]; i++) {
                if (strcmp(parts[i], ".") == 0)
                        continue;
                if (strcmp(parts[i], "..") == 0) {
                        if (n > 0) {
                                free(kept[--n]);
                                kept[n] = NULL;
                        }
                        continue;
                }
                if (strv_append(&kept, parts[i]) < 0)
                        return NULL;
                n++;
        }
        joined = strv_join(kept, "/");
        if (!joined || asprintf(&r, "/%s", joined) < 0)
                return NULL;
        return r;
}

static int path_absolute(const char *arg, char **ret, struct error *error)
{
        _cleanup_free_ char *cwd = NULL, *joined = NULL;

        if (*arg != '/') {
                cwd = getcwd(NULL, 0);
                if (!cwd)
                        return error_set_errno(error, errno, "Cannot find out where '%s' is", arg);
                joined = path_join(cwd, arg);
                if (!joined)
                        return error_set_oom(error);
                arg = joined;
        }
        *ret = strdup(arg);
        return *ret ? 0 : error_set_oom(error);
}

/* Follows symlinks in all but the last component. */
static int path_resolve_parent(const char *absolute, char **ret)
{
        _cleanup_free_ char *simple = path_simplify(absolute), *directory = NULL, *real = NULL;

        if (!simple)
                return -ENOMEM;
        directory = path_directory(simple);
        if (!directory)
                return -ENOMEM;
        real = realpath(directory, NULL);
        if (!real)
                return -errno;
        *ret = path_join(real, path_base(simple));
        return *ret ? 0 : -ENOMEM;
}

/* DIR.v/NAME___ and DIR.v/NAME___.raw stand for a version that is picked; there is no such file. Source:
 * systemd.v(7). */
static bool path_is_version_pattern(const char *path)
{
        const char *base = path_base(path), *directory_end = base - 1;
        bool pattern = false;

        for (enum entry_form form = 0; form < ENTRY_FORM_MAX; form++) {
                char end[sizeof("___") + ENTRY_SUFFIX_SIZE];

                snprintf(end, sizeof(end), "___%s", entry_forms[form].kind);
                pattern = pattern || string_ends_with(base, end);
        }
        return pattern && base - path > 3 && strncmp(directory_end - 2, ".v", 2) == 0;
}

static int path_resolve(const char *arg, unsigned flags, char **ret, struct error *error)
{
        _cleanup_free_ char *absolute = NULL;
        int r;

        r = path_absolute(arg, &absolute, error);
        if (r < 0)
                return r;
        if (flags & IMAGE_ARG_KEEP_LINK || path_is_version_pattern(absolute)) {
                r = path_resolve_parent(absolute, ret);
        } else {
                *ret = realpath(absolute, NULL);
                r = *ret ? 0 : -errno;
        }
        if ((r == -ENOENT || r == -ENOTDIR) && (flags & IMAGE_ARG_MAY_MISS)) {
                /* what is there of the way to it still counts */
                r = path_resolve_parent(absolute, ret);
                if (r == -ENOENT || r == -ENOTDIR) {
                        *ret = path_simplify(absolute);
                        r = *ret ? 0 : -ENOMEM;
                }
        }
        if (r == -ENOENT)
                return error_set(error, ERROR_NO_SUCH_IMAGE, r, "There is no image at '%s'", arg);
        if (r < 0)
                return error_set_errno(error, r, "Cannot follow the path '%s'", arg);
        return 0;
}

int image_arg_resolve(const char *arg, unsigned flags, char **ret, struct error *error)
{
        if (!strchr(arg, '/')) {
                if (!image_name_is_valid(arg))
                        return error_set(error, ERROR_INVALID_ARGS, EINVAL, "'%s' is not a valid image name",
                                         arg);
                *ret = strdup(arg);
                return *ret ? 0 : error_set_oom(error);
        }
        if (!(flags & IMAGE_ARG_REMOTE))
                return path_resolve(arg, flags, ret, error);
        if (*arg != '/')
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "The path '%s' must be absolute, since it is one of another system", arg);
        *ret = path_simplify(arg);
        return *ret ? 0 : error_set_oom(error);
}

/* "minimal_1" for "/a/minimal_1.raw.v/" and the like. */
static char *image_name(const char *image)
{
        _cleanup_free_ char *simple = path_simplify(image);

        return simple ? image_name_from_path(simple) : NULL;
}

int image_prefixes(const char *typed, const char *resolved, char *const *args, char ***ret,
                   bool *ret_default, struct error *error)
{
        _cleanup_free_ char *name = NULL;
        char *prefix = NULL;
        char **l = NULL;
        int r;

        if (args && args[0]) {
                bool all = strcmp(args[0], "-") == 0 && !args[1];

                if (strv_copy(all ? NULL : args, ret) < 0)
                        return error_set_oom(error);
                *ret_default = false;
                return 0;
        }
        name = image_name(typed);
        if (name && !*name) {
                free(name);
                name = image_name(resolved);
        }
        if (!name)
                return error_set_oom(error);
        r = prefix_from_image_name(name, &prefix);
        if (r == -EINVAL)
                return error_set(
                        error, ERROR_INVALID_ARGS, r,
                        "No prefix of unit files follows from the image name '%s': give one after it",
                        typed);
        if (r < 0 || strv_consume(&l, prefix) < 0)
                return error_set_oom(error);
        *ret = l;
        *ret_default = true;
        return 0;
}

char *image_prefixes_describe(char *const *prefixes)
{
        _cleanup_free_ char *joined = strv_join(prefixes, "', '"),
                            *escaped = joined ? text_escape(joined) : NULL;
        size_t n = strv_length(prefixes);
        char *line;

        if (!escaped)
                return NULL;
        if (n == 0)
                return strdup("(Matching all unit files.)");
        if (asprintf(&line, "(Matching unit files with prefix%s '%s'.)", n > 1 ? "es" : "", escaped) < 0)
                return NULL;
        return line;
}
