/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "image/way.h"
#include "operation/check.h"
#include "operation/layers.h"
#include "operation/operation.h"
#include "transaction/transaction.h"

void links_clear(struct links *l)
{
        for (size_t i = 0; i < l->n; i++) {
                free((char *)l->items[i].path);
                free((char *)l->items[i].source);
        }
        free(l->items);
        strv_free(l->kept);
        strv_free(l->copied);
        *l = (struct links){};
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

/* The entry of a layer; NULL if the layer lies in the link directory itself and needs none. -ENOMEM on
 * failure. */
static int entry_path(const char *path, bool runtime, char **ret)
{
        const char *directory = operation_link_directory(runtime);
        _cleanup_free_ char *parent = path_directory(path);

        if (!parent)
                return -ENOMEM;
        *ret = strcmp(parent, directory) == 0 ? NULL : path_join(directory, path_base(path));
        return *ret || strcmp(parent, directory) == 0 ? 0 : -ENOMEM;
}

struct copying {
        const struct operation *operation;
        const char *path;
};

static void tell_progress(uint64_t done, uint64_t total, void *userdata)
{
        const struct copying *c = userdata;

        c->operation->progress(c->path, done, total, c->operation->progress_userdata);
}

/*
 * Whether others could not get at the image, or not at what its set-user-ID bits mean: there is a directory
 * above it that they may not enter, or its file system does not know such bits. Then they must not be able
 * to by way of the copy.
 */
static int is_private(struct operation *o, const struct layer *l, bool *ret)
{
        _cleanup_free_ char *directory = path_directory(l->image->path);
        struct statvfs vfs;
        struct way way;

        if (!directory)
                return -ENOMEM;
        *ret = way_look(o->root_fd, directory, &way) < 0 || !way.public || fstatvfs(l->fd, &vfs) < 0 ||
               (vfs.f_flag & ST_NOSUID);
        return 0;
}

static int note_private(const char *path, bool runtime, char ***notes)
{
        char *note = NULL;

        if (asprintf(&note, "Directory '%s' is closed to all but root, as the copy of image '%s' must be",
                     operation_link_directory(runtime), path) < 0)
                note = NULL;
        return strv_consume(notes, note);
}

int links_stage_copies(struct operation *o, const struct layers *layers, bool runtime, struct transaction *t,
                       struct staged_copies *ret, struct error *error)
{
        _cleanup_strv_ char **staged = NULL, **notes = NULL;
        int r;

        for (size_t i = 0; i < layers->n; i++) {
                const char *path = layers->items[i].image->path;
                _cleanup_free_ char *entry = NULL, *target = NULL;
                struct copying copying = {o, path};
                struct transaction_copy copy = {
                        .fd = layers->items[i].fd,
                        .source = path,
                        .progress = o->progress ? tell_progress : NULL,
                        .userdata = &copying,
                };
                mode_t mode;

                if (entry_path(path, runtime, &entry) < 0)
                        return error_set_oom(error);
                if (!entry || strv_contains(staged, entry) ||
                    read_entry(o, operation_link_directory(runtime), path_base(path), &mode, &target) >= 0)
                        continue;
                copy.target = entry;
                if (is_private(o, layers->items + i, &copy.private) < 0 ||
                    (copy.private && note_private(path, runtime, &notes) < 0))
                        return error_set_oom(error);
                r = t ? transaction_stage_copy(t, &copy, &notes, error) : 0;
                if (r < 0)
                        return r;
                if (strv_append(&staged, entry) < 0)
                        return error_set_oom(error);
        }
        if (t && staged) {
                r = transaction_sync_copies(t, error);
                if (r < 0)
                        return r;
        }
        ret->entries = steal_pointer(staged);
        ret->notes = steal_pointer(notes);
        return 0;
}

enum entry_owner {
        ENTRY_FOREIGN,
        ENTRY_LINK, /* a symlink that an attach made */
        ENTRY_COPY, /* a copy that an attach made */
};

/* Whose an entry is that is there: an attach that is in force says so in its drop-ins. */
static int find_owner(struct operation *o, const struct attached_index *index, const char *path,
                      const char *entry, const char *target, bool runtime, struct error *error)
{
        for (size_t i = 0; i < index->n_units; i++) {
                _cleanup_attached_files_ struct attached_files files = {};
                int r;

                if (index->units[i].runtime != runtime || !strv_contains(index->units[i].paths, path))
                        continue;
                r = attached_unit_read_files(o->root_fd, index->units + i, &files, error);
                if (r < 0)
                        return r;
                if (strv_contains(files.copied, entry))
                        return ENTRY_COPY;
                if (!strv_contains(files.kept, entry) && target && strcmp(target, path) == 0)
                        return ENTRY_LINK;
        }
        return ENTRY_FOREIGN;
}

static int add_link(struct links *l, const char *entry, const char *path, bool copy)
{
        struct plan_link *link = l->items + l->n++;

        link->path = strdup(entry);
        link->source = strdup(path);
        link->copy = copy;
        return link->path && link->source ? 0 : -ENOMEM;
}

static int plan_entry(struct operation *o, const struct attached_index *index, const char *path,
                      const char *entry, bool runtime, char *const *staged, struct links *l,
                      struct error *error)
{
        const char *directory = operation_link_directory(runtime);
        _cleanup_free_ char *target = NULL;
        mode_t mode;
        int r;

        r = read_entry(o, directory, path_base(path), &mode, &target);
        if (r == -ENOENT || r == -ENOTDIR) {
                bool copy = strv_contains(staged, entry);

                if (add_link(l, entry, path, copy) < 0 || (copy && strv_append(&l->copied, entry) < 0))
                        return error_set_oom(error);
                return 0;
        }
        if (r < 0)
                return error_set_errno(error, r, "Cannot look up '%s'", entry);

        r = find_owner(o, index, path, entry, target, runtime, error);
        if (r == ENTRY_COPY)
                r = strv_append(&l->copied, entry);
        else if (r == ENTRY_FOREIGN)
                r = strv_append(&l->kept, entry);
        return r == -ENOMEM ? error_set_oom(error) : r < 0 ? r : 0;
}

static bool link_is_planned(const struct links *l, const char *entry)
{
        for (size_t i = 0; i < l->n; i++)
                if (strcmp(l->items[i].path, entry) == 0)
                        return true;
        return strv_contains(l->kept, entry);
}

int links_plan(struct operation *o, const struct attached_index *index, const struct layers *layers,
               bool runtime, char *const *staged, struct links *ret, struct error *error)
{
        _cleanup_(links_clear) struct links l = {};

        l.items = calloc(layers->n, sizeof(*l.items));
        if (!l.items)
                return error_set_oom(error);
        for (size_t i = 0; i < layers->n; i++) {
                const char *path = layers->items[i].image->path;
                _cleanup_free_ char *entry = NULL;
                int r;

                if (entry_path(path, runtime, &entry) < 0)
                        return error_set_oom(error);
                if (!entry || link_is_planned(&l, entry))
                        continue;
                r = plan_entry(o, index, path, entry, runtime, staged, &l, error);
                if (r < 0)
                        return r;
        }
        *ret = l;
        l = (struct links){};
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

/* 1 if the entry for this marker path is attach's and to be removed, described in *ret. */
static int check_removal(struct operation *o, const char *path, bool runtime,
                         const struct attached_files *files, struct plan_link_removal *ret,
                         struct error *error)
{
        const char *directory = operation_link_directory(runtime);
        _cleanup_free_ char *entry = NULL, *target = NULL;
        mode_t mode;
        bool copied;
        int r;

        if (entry_path(path, runtime, &entry) < 0)
                return error_set_oom(error);
        if (!entry || strv_contains(files->kept, entry))
                return 0;
        r = read_entry(o, directory, path_base(path), &mode, &target);
        if (r == -ENOENT || r == -ENOTDIR)
                return 0;
        if (r < 0)
                return error_set_errno(error, r, "Cannot look up '%s'", entry);
        /* A link to just this image was made for it; of a file or directory only the attach that copied it
         * knows. */
        copied = strv_contains(files->copied, entry);
        if (target ? strcmp(target, path) != 0 : !copied)
                return 0;
        *ret = (struct plan_link_removal){.path = steal_pointer(entry), .tree = S_ISDIR(mode)};
        return 1;
}

static int add_removals(struct operation *o, const struct attached_index *index, const size_t *gone,
                        size_t n_gone, const struct attached_unit *unit, struct plan_link_removal **removals,
                        size_t *n, struct error *error)
{
        _cleanup_attached_files_ struct attached_files files = {};
        int r = attached_unit_read_files(o->root_fd, unit, &files, error);

        if (r < 0)
                return r;
        for (size_t i = 0; unit->paths[i]; i++) {
                struct plan_link_removal removal, *grown;

                if (path_is_needed(index, gone, n_gone, unit->paths[i], unit->runtime))
                        continue;
                r = check_removal(o, unit->paths[i], unit->runtime, &files, &removal, error);
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
