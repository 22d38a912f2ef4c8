/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attached/links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/unit-name.h"

void attached_links_clear(struct attached_links *l)
{
        for (size_t i = 0; i < l->n; i++) {
                free(l->items[i].path);
                free(l->items[i].parent);
                free(l->items[i].name);
                free(l->items[i].target);
        }
        for (size_t i = 0; i < l->n_parents; i++)
                free(l->parents[i].path);
        free(l->items);
        free(l->parents);
        *l = (struct attached_links){};
}

bool attached_is_link_directory(const char *name)
{
        return string_ends_with(name, ".wants") || string_ends_with(name, ".requires") ||
               string_ends_with(name, ".upholds");
}

bool attached_target_is_beside(const char *directory, const char *target)
{
        size_t n = (size_t)(path_base(target) - target);

        return n == 0 || (n == strlen(directory) + 1 && strncmp(target, directory, n - 1) == 0);
}

/* What nobody can enter, the service manager has no links from either. */
static int open_directory(int root_fd, const char *path, DIR **ret)
{
        int r = directory_open_in_root(root_fd, path, ret);

        return r == -ELOOP || r == -EACCES ? 0 : r;
}

/* Takes the entry if it is a link that enables. directory: the attach directory, path: where the entry lies.
 */
static int take_link(struct attached_links *l, int fd, const char *directory, const char *path,
                     const char *name)
{
        _cleanup_free_ char *target = NULL;
        bool alias = strcmp(directory, path) == 0;
        struct attached_link *link;
        const char *base;

        if (!unit_name_is_portable(name) || fd_readlink(fd, name, &target) < 0)
                return 0;
        base = path_base(target);
        if (alias && (!unit_name_is_portable(base) || !attached_target_is_beside(directory, target)))
                return 0;
        if (array_grow((void **)&l->items, l->n, sizeof(*link)) < 0)
                return -ENOMEM;
        link = &l->items[l->n++];
        *link = (struct attached_link){
                .path = path_join(path, name),
                .directory = directory,
                .parent = alias ? NULL : strdup(path),
                .name = strdup(name),
                .target = strdup(base),
        };
        return link->path && (alias || link->parent) && link->name && link->target ? 0 : -ENOMEM;
}

static int read_parent(struct attached_links *l, int root_fd, const char *directory, const char *name)
{
        _cleanup_free_ char *path = path_join(directory, name);
        _cleanup_closedir_ DIR *d = NULL;
        struct attached_parent *parent;
        struct dirent *de;
        int r;

        if (!path || array_grow((void **)&l->parents, l->n_parents, sizeof(*parent)) < 0)
                return -ENOMEM;
        r = open_directory(root_fd, path, &d);
        if (r <= 0)
                return r;
        parent = &l->parents[l->n_parents++];
        *parent = (struct attached_parent){.path = strdup(path)};
        if (!parent->path)
                return -ENOMEM;
        while (r >= 0 && (r = directory_next(d, &de)) > 0) {
                parent->n_entries++;
                r = take_link(l, dirfd(d), directory, path, de->d_name);
        }
        return r;
}

static int read_directory(struct attached_links *l, int root_fd, const char *directory)
{
        _cleanup_closedir_ DIR *d = NULL;
        struct dirent *de;
        int r = open_directory(root_fd, directory, &d);

        while (r >= 0 && (r = directory_next(d, &de)) > 0) {
                if (attached_is_link_directory(de->d_name))
                        r = read_parent(l, root_fd, directory, de->d_name);
                else if (de->d_type == DT_LNK || de->d_type == DT_UNKNOWN)
                        r = take_link(l, dirfd(d), directory, directory, de->d_name);
        }
        return r;
}

int attached_links_read(int root_fd, const struct layout *layout, struct attached_links *ret,
                        struct error *error)
{
        _cleanup_attached_links_ struct attached_links l = {};

        for (size_t i = 0; i < LAYOUT_ATTACH_MAX; i++) {
                const char *path = layout->attach[i].path;
                int r = layout->attach[i].shared ? 0 : read_directory(&l, root_fd, path);

                if (r < 0)
                        return error_set_errno(error, r, "Cannot list the links below '%s'", path);
        }
        *ret = l;
        l = (struct attached_links){};
        return 0;
}

/* "a@b.service" for the unit "a@.service". */
static bool is_instance_of(const char *name, const char *unit)
{
        const char *at = strchr(unit, '@');
        size_t n = at ? (size_t)(at - unit) + 1 : 0;

        return at && at[1] == '.' && strncmp(name, unit, n) == 0 && string_ends_with(name + n, at + 1);
}

bool attached_link_is_of(const struct attached_link *link, const char *directory, const char *unit)
{
        if (strcmp(link->directory, directory) != 0)
                return false;
        return strcmp(link->target, unit) == 0 ||
               (link->parent && (strcmp(link->name, unit) == 0 || is_instance_of(link->name, unit)));
}
