/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/root-arg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "portablectl/image-arg.h"

int root_path(const char *root, char **ret)
{
        _cleanup_free_ char *real = NULL;
        struct stat a, b;

        if (stat(root, &a) < 0)
                return -errno;
        real = realpath(root, NULL);
        /* The link /proc/PID/root does not tell where it leads: what it is read as means something here, or
         * nothing. */
        if (!real || stat(real, &b) < 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino) {
                free(real);
                real = strdup(root);
        }
        if (!real)
                return -ENOMEM;
        *ret = steal_pointer(real);
        return 0;
}

/* The common slip: the path of the host in the place of that inside the tree. */
static int check_doubled(const char *root, const char *real, const char *path, struct error *error)
{
        _cleanup_free_ char *there = path_join(root, path);

        if (!there)
                return error_set_oom(error);
        if (real[1] == '\0' || !path_is_below(path, real) || path[strlen(real)] == '\0' ||
            access(there, F_OK) >= 0)
                return 0;
        return error_set(error, ERROR_INVALID_ARGS, ENOENT,
                         "There is no '%s' inside --root=%s: with --root= give the path inside it, '%s'",
                         path, root, path + strlen(real));
}

int root_arg_resolve(const char *root, const char *arg, unsigned flags, char **ret, struct error *error)
{
        _cleanup_free_ char *real = NULL, *path = NULL;
        const char *inside;
        int r;

        if (!strchr(arg, '/'))
                return image_arg_resolve(arg, flags, ret, error);
        r = root_path(root, &real);
        if (r < 0)
                return error_set_errno(error, r, "Cannot open --root=%s", root);
        r = image_arg_resolve(arg, flags | (*arg == '/' ? IMAGE_ARG_REMOTE : IMAGE_ARG_KEEP_LINK), &path,
                              error);
        if (r < 0)
                return r;
        if (*arg == '/') {
                r = check_doubled(root, real, path, error);
                if (r < 0)
                        return r;
                *ret = steal_pointer(path);
                return 0;
        }
        if (!path_is_below(path, real))
                return error_set(error, ERROR_INVALID_ARGS, EXDEV,
                                 "'%s' is '%s', which does not lie inside --root=%s", arg, path, root);
        inside = real[1] == '\0' ? path : path + strlen(real);
        *ret = strdup(*inside ? inside : "/");
        return *ret ? 0 : error_set_oom(error);
}
