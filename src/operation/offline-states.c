/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/offline-states.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "manager/list.h"

static bool is_dependency_directory(const char *name)
{
        static const char *const suffixes[] = {".wants", ".requires", ".upholds"};

        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++)
                if (string_ends_with(name, suffixes[i]))
                        return true;
        return false;
}

/* Where enabling makes links lead to; a link into an image only says where the unit file is. */
static bool leads_to_unit(const struct layout *layout, const char *target)
{
        _cleanup_free_ char *directory = strchr(target, '/') ? path_directory(target) : NULL;

        if (!directory)
                return !strchr(target, '/');
        for (const char *const *d = layout->enabled; *d; d++)
                if (strcmp(*d, directory) == 0)
                        return true;
        return false;
}

/* A link of another name than what it leads to is an alias, one to nowhere a mask. */
static int add_link(struct name_set *s, const struct layout *layout, int fd, const char *name)
{
        _cleanup_free_ char *target = NULL;
        const char *base;

        if (!unit_name_is_valid(name) || fd_readlink(fd, name, &target) < 0)
                return 0;
        base = path_base(target);
        if (strcmp(target, "/dev/null") == 0)
                return name_set_add_unit(s, name);
        if (!unit_name_is_valid(base) || strcmp(base, name) == 0 || !leads_to_unit(layout, target))
                return 0;
        return name_set_add_unit(s, base);
}

/* Whatever lies in a .wants directory is wanted; links to templates may be called by their instance. */
static int read_dependencies(int root_fd, const char *parent, const char *name, struct name_set *s,
                             struct error *error)
{
        _cleanup_free_ char *path = path_join(parent, name);
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;
        int r;

        if (!path)
                return error_set_oom(error);
        r = directory_open_in_root(root_fd, path, &d);
        while (r >= 0 && (r = directory_next(d, &de)) > 0)
                if (unit_name_is_valid(de->d_name) && name_set_add_unit(s, de->d_name) < 0)
                        return error_set_oom(error);
        return r < 0 ? error_set_errno(error, r, "Cannot list '%s'", path) : 0;
}

static int read_directory(int root_fd, const struct layout *layout, const char *path, struct name_set *s,
                          struct error *error)
{
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;
        int r, k;

        r = directory_open_in_root(root_fd, path, &d);
        while (r >= 0 && (r = directory_next(d, &de)) > 0) {
                if (!is_dependency_directory(de->d_name)) {
                        if (add_link(s, layout, dirfd(d), de->d_name) < 0)
                                return error_set_oom(error);
                        continue;
                }
                k = read_dependencies(root_fd, path, de->d_name, s, error);
                if (k < 0)
                        return k;
        }
        return r < 0 ? error_set_errno(error, r, "Cannot list '%s'", path) : 0;
}

int offline_enabled_read(int root_fd, const struct layout *layout, struct name_set **ret,
                         struct error *error)
{
        _cleanup_name_set_ struct name_set *s = name_set_new();

        if (!s)
                return error_set_oom(error);
        for (const char *const *d = layout->enabled; *d; d++) {
                int r = read_directory(root_fd, layout, *d, s, error);

                if (r < 0)
                        return r;
        }
        *ret = steal_pointer(s);
        return 0;
}
