/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "operation/check.h"
#include "operation/layers.h"
#include "operation/operation.h"

void links_free(struct plan_link *links, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free((char *)links[i].path);
                free((char *)links[i].source);
        }
        free(links);
}

void link_removals_free(struct plan_link_removal *removals, size_t n)
{
        for (size_t i = 0; i < n; i++)
                free((char *)removals[i].path);
        free(removals);
}

/* The entry of that name in the link directory. 0: *ret is its target, NULL if it is no symlink; -ENOENT if
 * there is none. */
static int read_entry(struct operation *o, const char *directory, const char *base, mode_t *ret_mode,
                      char **ret)
{
        _cleanup_close_ int fd = fd_open_in_root(o->root_fd, directory, O_PATH | O_DIRECTORY, 0);
        struct stat st;

        if (fd < 0)
                return fd;
        if (fstatat(fd, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        *ret = NULL;
        *ret_mode = st.st_mode;
        return S_ISLNK(st.st_mode) ? fd_readlink(fd, base, ret) : 0;
}

/* Whether an attach that is in force made the link of this image: a unit of it says so by not saying
 * otherwise. */
static int link_is_ours(struct operation *o, const struct attached_index *index, const char *path,
                        bool runtime, struct error *error)
{
        for (size_t i = 0; i < index->n_units; i++) {
                struct attached_files files;
                int r;

                if (index->units[i].runtime != runtime || strcmp(index->units[i].paths[0], path) != 0)
                        continue;
                r = attached_unit_read_files(o->root_fd, index->units + i, &files, error);
                if (r < 0)
                        return r;
                return !files.keep_link;
        }
        return 0;
}

int links_plan(struct operation *o, const struct attached_index *index, const struct layers *layers,
               bool runtime, struct plan_link **ret, size_t *ret_n, bool *ret_keep, struct error *error)
{
        const char *directory = operation_link_directory(runtime);
        struct plan_link *links = calloc(layers->n, sizeof(*links));
        bool keep = false;
        size_t n = 0;
        int r = 0;

        if (!links)
                return error_set_oom(error);
        for (size_t i = 0; r >= 0 && i < layers->n; i++) {
                const char *path = layers->items[i].image->path, *base = path_base(path);
                _cleanup_free_ char *parent = path_directory(path), *target = NULL;
                mode_t mode;

                if (parent && strcmp(parent, directory) == 0) {
                        keep = keep || i == 0;
                        continue;
                }
                r = read_entry(o, directory, base, &mode, &target);
                if (r >= 0) {
                        r = link_is_ours(o, index, path, runtime, error);
                        keep = keep || (i == 0 && r == 0);
                        continue;
                }
                if (r != -ENOENT && r != -ENOTDIR) {
                        r = error_set_errno(error, r, "Cannot look up '%s/%s'", directory, base);
                        break;
                }
                links[n].path = path_join(directory, base);
                links[n].source = strdup(path);
                n++;
                r = links[n - 1].path && links[n - 1].source ? 0 : error_set_oom(error);
        }
        if (r < 0) {
                links_free(links, n);
                return r;
        }
        *ret = links;
        *ret_n = n;
        *ret_keep = keep;
        return 0;
}

static bool is_gone(const size_t *gone, size_t n_gone, size_t unit)
{
        for (size_t i = 0; i < n_gone; i++)
                if (gone[i] == unit)
                        return true;
        return false;
}

/* Whether a unit that stays still refers to this path. */
static bool path_is_needed(const struct attached_index *index, const size_t *gone, size_t n_gone,
                           const char *path, bool runtime)
{
        for (size_t i = 0; i < index->n_units; i++)
                if (index->units[i].runtime == runtime && strv_contains(index->units[i].paths, path) &&
                    !is_gone(gone, n_gone, i))
                        return true;
        return false;
}

static bool already_listed(const struct plan_link_removal *removals, size_t n, const char *path)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(removals[i].path, path) == 0)
                        return true;
        return false;
}

/* 1 if the entry for this marker path is to be removed, *ret its path. */
static int check_removal(struct operation *o, const char *path, bool runtime, struct plan_link_removal *ret,
                         struct error *error)
{
        const char *directory = operation_link_directory(runtime), *base = path_base(path);
        _cleanup_free_ char *target = NULL;
        mode_t mode;
        char *entry;
        int r;

        r = read_entry(o, directory, base, &mode, &target);
        if (r < 0)
                return 0;
        /* Only a link to just this image was made for it. */
        if (!target || strcmp(target, path) != 0)
                return 0;
        entry = path_join(directory, base);
        if (!entry)
                return error_set_oom(error);
        *ret = (struct plan_link_removal){.path = entry};
        return 1;
}

static int add_removals(struct operation *o, const struct attached_index *index, const size_t *gone,
                        size_t n_gone, const struct attached_unit *unit, struct plan_link_removal **removals,
                        size_t *n, struct error *error)
{
        struct attached_files files;
        int r = attached_unit_read_files(o->root_fd, unit, &files, error);

        if (r < 0)
                return r;
        for (size_t i = 0; unit->paths[i]; i++) {
                struct plan_link_removal removal, *grown;

                if ((i == 0 && files.keep_link) ||
                    path_is_needed(index, gone, n_gone, unit->paths[i], unit->runtime))
                        continue;
                r = check_removal(o, unit->paths[i], unit->runtime, &removal, error);
                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                if (already_listed(*removals, *n, removal.path)) {
                        free((char *)removal.path);
                        continue;
                }
                grown = reallocarray(*removals, *n + 1, sizeof(*grown));
                if (!grown) {
                        free((char *)removal.path);
                        return error_set_oom(error);
                }
                *removals = grown;
                grown[(*n)++] = removal;
        }
        return 0;
}

int links_find_removals(struct operation *o, const struct attached_index *index, const size_t *gone,
                        size_t n_gone, struct plan_link_removal **ret, size_t *ret_n, struct error *error)
{
        struct plan_link_removal *removals = NULL;
        size_t n = 0;

        for (size_t i = 0; i < n_gone; i++) {
                int r = add_removals(o, index, gone, n_gone, index->units + gone[i], &removals, &n, error);

                if (r < 0) {
                        link_removals_free(removals, n);
                        return r;
                }
        }
        *ret = removals;
        *ret_n = n;
        return 0;
}
