/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "attached/files.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "image/way.h"
#include "operation/check.h"
#include "operation/layers.h"
#include "operation/link-entry.h"
#include "operation/operation.h"
#include "transaction/transaction.h"
#include "verity/verity-side.h"

void links_clear(struct links *l)
{
        for (size_t i = 0; i < l->n; i++) {
                free((char *)l->items[i].path);
                free((char *)l->items[i].source);
        }
        free(l->items);
        strv_free(l->kept);
        strv_free(l->copied);
        strv_free(l->sources);
        strv_free(l->used);
        strv_free(l->warnings);
        *l = (struct links){};
}

void staged_copies_clear(struct staged_copies *c)
{
        strv_free(c->entries);
        strv_free(c->notes);
        *c = (struct staged_copies){};
}

void link_removals_free(struct plan_link_removal *removals, size_t n)
{
        for (size_t i = 0; i < n; i++)
                free((char *)removals[i].path);
        free(removals);
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
 * Whether others could not get at the image, or not run what has set-user-ID bits in it: there is a
 * directory above it that they may not enter, or it is mounted so that such bits do not count, or nothing
 * can be run. Then they must not be able to by way of the copy.
 */
static int is_private(struct operation *o, const struct layer *l, bool *ret)
{
        _cleanup_free_ char *directory = path_directory(l->image->path);
        struct statvfs vfs;
        struct way way;

        if (!directory)
                return -ENOMEM;
        *ret = way_look(o->root_fd, directory, &way) < 0 || !way.public || fstatvfs(l->fd, &vfs) < 0 ||
               (vfs.f_flag & (ST_NOSUID | ST_NOEXEC));
        return 0;
}

static int note_private(const char *directory, const char *path, char ***notes)
{
        return strv_appendf(notes,
                            "Directory '%s' is closed to all but root, as the copy of image '%s' must be",
                            directory, path);
}

/* What links_stage_copies() does its work with. */
struct staging {
        struct operation *o;
        struct transaction *t;
        struct attached_index index;
        bool runtime, anew;
        struct staged_copies copies;
};

static void staging_clear(struct staging *s)
{
        attached_index_clear(&s->index);
        staged_copies_clear(&s->copies);
}

/* Whether a copy is to be made for the entry: it is missing, or an attach made it and this one makes it
 * anew. */
static int wants_copy(struct staging *s, const char *path, struct link_entry *e, struct error *error)
{
        int r = link_entry_look(s->o, path, s->runtime, e, error);

        if (r < 0 || e->inside || !e->there)
                return r < 0 ? r : !e->inside;
        if (!s->anew)
                return 0;
        r = link_entry_find_owner(s->o, &(struct unit_selection){.index = &s->index}, s->runtime, e, error);
        return r < 0 ? r : e->owner != ENTRY_FOREIGN;
}

static int stage_copy(struct staging *s, const struct layer *layer, const char *entry, struct error *error)
{
        const char *path = layer->image->path;
        struct copying copying = {s->o, path};
        struct transaction_copy copy = {
                .fd = layer->fd,
                .source = path,
                .target = entry,
                .progress = s->o->progress ? tell_progress : NULL,
                .userdata = &copying,
        };
        int r;

        /* Of links to layers a copy would be no copy of the image. */
        if (image_kind(layer->image->type)->stack)
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "Image '%s' is in layers (mstack), of which no copy is made (--copy=mixed)",
                                 path);
        if (is_private(s->o, layer, &copy.private) < 0 ||
            (copy.private &&
             note_private(layout_links(s->o->layout, s->runtime), path, &s->copies.notes) < 0))
                return error_set_oom(error);
        operation_introduce(s->o);
        r = s->t ? transaction_stage_copy(s->t, &copy, &s->copies.notes, error) : 0;
        if (r < 0)
                return r;
        return strv_append(&s->copies.entries, entry) < 0 ? error_set_oom(error) : 0;
}

int links_stage_copies(struct operation *o, const struct links_staging *input, struct transaction *t,
                       struct staged_copies *ret, struct error *error)
{
        _cleanup_(staging_clear) struct staging s = {
                .o = o, .t = t, .runtime = input->runtime, .anew = input->anew};
        const struct layers *layers = input->layers;
        int r = input->anew ? attached_index_read(o->root_fd, o->layout, &s.index, error) : 0;

        for (size_t i = 0; i < layers->n && r >= 0; i++) {
                const struct layer *layer = layers->items + i;
                _cleanup_link_entry_ struct link_entry e = {};

                r = wants_copy(&s, layer->image->path, &e, error);
                if (r > 0 && !strv_contains(s.copies.entries, e.path))
                        r = stage_copy(&s, layer, e.path, error);
        }
        if (r >= 0 && t && s.copies.entries)
                r = transaction_sync_copies(t, error);
        if (r < 0)
                return r;
        *ret = s.copies;
        s.copies = (struct staged_copies){};
        return 0;
}

/* Verity data beside an image is not copied with it: such an image is started from where it lies. If it does
 * not lie there any more, the copy is what was read. */
static int copy_is_whole(struct operation *o, const struct layer *layer)
{
        static const char *const suffixes[] = {".roothash", ".usrhash", ".verity"};
        const char *path = layer->image->path;
        _cleanup_close_ int directory = verity_side_directory(o->root_fd, path, layer->fd);

        if (directory < 0)
                return directory == -ENOMEM ? directory : 1;
        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
                _cleanup_close_ int fd = verity_side_open(o->root_fd, directory, path, suffixes[i], O_PATH);

                if (fd >= 0 || fd == -ENOMEM)
                        return fd >= 0 ? 0 : fd;
        }
        return 1;
}

/* The entry is a copy of the image, made now or before: what starts, starts from it. */
static int use_copy(struct operation *o, const struct layer *layer, const char *source,
                    const struct link_entry *e, struct links *l)
{
        const char *path = layer->image->path;
        int r = copy_is_whole(o, layer);

        if (r < 0 || strv_append(&l->copied, e->path) < 0 || strv_append(&l->sources, source) < 0)
                return -ENOMEM;
        return strv_append(&l->used, r > 0 ? e->path : path);
}

/* Units alone make an attach; the link is there to find the image by its name. */
static int warn_read_only(struct links *l, const struct link_entry *e)
{
        return strv_appendf(&l->warnings, "Link '%s' is not made: its file system is read-only", e->path);
}

static int add_link(struct operation *o, struct links *l, const struct link_entry *e, const char *path,
                    bool copy)
{
        _cleanup_free_ char *directory = path_directory(e->path);
        struct plan_link *link = l->items + l->n;

        if (!directory)
                return -ENOMEM;
        if (!copy && !operation_can_write(o, directory))
                return warn_read_only(l, e);
        l->n++;
        link->path = strdup(e->path);
        link->source = strdup(path);
        link->copy = copy;
        link->replace = e->there;
        link->tree = e->there && S_ISDIR(e->mode);
        return link->path && link->source ? 0 : -ENOMEM;
}

/* What becomes of the entry. Units that stay and start from a copy keep it as it is; a link may be moved
 * under them, as their drop-ins do not name it. */
static int plan_entry(struct operation *o, const struct layer *layer, const struct link_entry *e,
                      char *const *staged, struct links *l)
{
        const char *path = layer->image->path;
        bool copy = strv_contains(staged, e->path), ours = e->owner != ENTRY_FOREIGN,
             same = e->owner == ENTRY_COPY ? e->source && strcmp(e->source, path) == 0
                                           : e->target && strcmp(e->target, path) == 0;

        if (e->inside) {
                if (e->owner != ENTRY_COPY)
                        return strv_append(&l->used, path);
                return use_copy(o, layer, e->source ?: path, e, l);
        }
        if (!e->there || (ours && e->replaced && !(e->owner == ENTRY_COPY && e->needed))) {
                if ((copy || !e->there || !same || e->owner == ENTRY_COPY) &&
                    add_link(o, l, e, path, copy) < 0)
                        return -ENOMEM;
                return copy ? use_copy(o, layer, path, e, l) : strv_append(&l->used, path);
        }
        if (ours && same && e->owner == ENTRY_COPY)
                return use_copy(o, layer, path, e, l);
        if (!(ours && same) && strv_append(&l->kept, e->path) < 0)
                return -ENOMEM;
        return strv_append(&l->used, path);
}

/* A second image of one name in the same call does without an entry. */
static bool is_seen(const struct layers *layers, size_t n)
{
        const char *name = path_base(layers->items[n].image->path);

        for (size_t i = 0; i < n; i++)
                if (strcmp(path_base(layers->items[i].image->path), name) == 0)
                        return true;
        return false;
}

int links_plan(struct operation *o, const struct links_input *input, struct links *ret, struct error *error)
{
        const struct layers *layers = input->layers;
        _cleanup_(links_clear) struct links l = {};
        int r;

        l.items = calloc(layers->n, sizeof(*l.items));
        if (!l.items)
                return error_set_oom(error);
        for (size_t i = 0; i < layers->n; i++) {
                const char *path = layers->items[i].image->path;
                _cleanup_link_entry_ struct link_entry e = {};

                r = link_entry_look(o, path, input->runtime, &e, error);
                if (r >= 0)
                        r = link_entry_find_owner(o, input->replaced, input->runtime, &e, error);
                if (r < 0)
                        return r;
                r = is_seen(layers, i) ? strv_append(&l.used, path)
                                       : plan_entry(o, layers->items + i, &e, input->staged, &l);
                if (r < 0)
                        return error_set_oom(error);
        }
        *ret = l;
        l = (struct links){};
        return 0;
}

/* Whether a unit that stays still refers to this path, or to the copy that the entry is. */
static bool path_is_needed(const struct unit_selection *gone, const char *path, bool runtime)
{
        const struct attached_index *index = gone->index;
        const char *directory = layout_links(index->layout, runtime);

        for (size_t i = 0; i < index->n_units; i++) {
                if (index->units[i].runtime != runtime || unit_selection_has(gone, i))
                        continue;
                for (char **p = index->units[i].paths; *p; p++)
                        if (strcmp(*p, path) == 0 ||
                            (strcmp(path_base(*p), path_base(path)) == 0 && path_is_below(*p, directory)))
                                return true;
        }
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
        _cleanup_link_entry_ struct link_entry e = {};
        int r = link_entry_look(o, path, runtime, &e, error);

        if (r < 0 || !e.there || strv_contains(files->kept, e.path))
                return r < 0 ? r : 0;
        /* A link to just this image was made for it; of a file or directory only the attach that copied it
         * knows. */
        if (e.target ? e.inside || strcmp(e.target, path) != 0 : !strv_contains(files->copied, e.path))
                return 0;
        if (!operation_can_write(o, layout_links(o->layout, runtime)))
                return 0;
        *ret = (struct plan_link_removal){.path = steal_pointer(e.path), .tree = S_ISDIR(e.mode)};
        return 1;
}

static int add_removals(struct operation *o, const struct unit_selection *gone,
                        const struct attached_unit *unit, struct plan_link_removal **removals, size_t *n,
                        struct error *error)
{
        _cleanup_attached_files_ struct attached_files files = {};
        int r = attached_unit_read_files(o->root_fd, unit, &files, error);

        if (r < 0)
                return r;
        for (size_t i = 0; unit->paths[i]; i++) {
                struct plan_link_removal removal, *grown;

                if (path_is_needed(gone, unit->paths[i], unit->runtime))
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

int links_find_removals(struct operation *o, const struct unit_selection *gone,
                        struct plan_link_removal **ret, size_t *ret_n, struct error *error)
{
        struct plan_link_removal *removals = NULL;
        size_t n = 0;

        for (size_t i = 0; i < gone->n; i++) {
                int r = add_removals(o, gone, unit_selection_at(gone, i), &removals, &n, error);

                if (r < 0) {
                        link_removals_free(removals, n);
                        return r;
                }
        }
        *ret = removals;
        *ret_n = n;
        return 0;
}

int links_find_source(struct operation *o, const char *image, bool runtime, char **ret, struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_image_ struct image *found = NULL, *source = NULL;
        _cleanup_link_entry_ struct link_entry e = {};
        int r;

        *ret = NULL;
        /* What is not found is told where it is opened. */
        if (image[0] == '/' || image_find(o->root_fd, o->layout, image, &found, NULL, NULL) < 0)
                return 0;
        r = link_entry_look(o, found->path, runtime, &e, error);
        if (r < 0 || !e.inside)
                return r;
        r = attached_index_read(o->root_fd, o->layout, &index, error);
        if (r >= 0)
                r = link_entry_find_owner(o, &(struct unit_selection){.index = &index}, runtime, &e, error);
        if (r < 0 || e.owner != ENTRY_COPY || !e.source)
                return r;
        if (image_find(o->root_fd, o->layout, e.source, &source, NULL, NULL) >= 0)
                *ret = steal_pointer(e.source);
        return 0;
}
