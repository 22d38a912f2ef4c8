/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/name-list.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "image/describe.h"
#include "image/entry.h"
#include "image/guard.h"
#include "image/image.h"
#include "image/mask.h"
#include "image/mount-table.h"

struct hit {
        struct image *image;
        unsigned order; /* which of two with one name wins: the lower */
        bool mask;      /* a link to /dev/null: there is a name only, and no image of it */
};

struct hits {
        struct hit *items;
        size_t n, allocated;
};

static void hits_clear(struct hits *h)
{
        for (size_t i = 0; i < h->n; i++)
                image_free(h->items[i].image);
        free(h->items);
}

static int hits_add(struct hits *h, struct image *image, unsigned order, bool mask)
{
        if (h->n == h->allocated) {
                size_t n = h->allocated ? h->allocated * 2 : 64;
                struct hit *grown = reallocarray(h->items, n, sizeof(*grown));

                if (!grown)
                        return -ENOMEM;
                h->items = grown;
                h->allocated = n;
        }
        h->items[h->n++] = (struct hit){image, order, mask};
        return 0;
}

static int hit_compare(const void *a, const void *b)
{
        const struct hit *x = a, *y = b;
        int c = strcmp(x->image->name, y->image->name);

        return c ? c : (x->order > y->order) - (x->order < y->order);
}

/* Whether it is worth a system call to look at the entry. */
static bool entry_is_candidate(const struct dirent *de)
{
        if (de->d_name[0] == '.' || !image_name_is_valid(de->d_name))
                return false;
        if (de->d_type == DT_REG)
                return entry_form_has_files(de->d_name);
        return de->d_type == DT_DIR || de->d_type == DT_LNK || de->d_type == DT_BLK ||
               de->d_type == DT_UNKNOWN;
}

static int add_mask(unsigned index, const char *name, struct hits *hits)
{
        _cleanup_image_ struct image *i = calloc(1, sizeof(*i));
        enum entry_form form = entry_form_of(name);
        int r;

        if (!i)
                return -ENOMEM;
        i->name = strndup(name, strlen(name) - strlen(entry_forms[form].suffix));
        if (!i->name)
                return -ENOMEM;
        r = hits_add(hits, i, index * ENTRY_FORM_MAX + form, true);
        if (r < 0)
                return r;
        i = NULL;
        return 0;
}

/* A directory of the search path, open. */
struct search {
        const char *directory;
        unsigned index; /* in the search path */
        struct search_directory place;
};

static void search_close(struct search *s)
{
        search_directory_clear(&s->place);
}

static int read_entry(int root_fd, const struct search *search, const char *name, struct hits *hits)
{
        _cleanup_image_ struct image *i = NULL;
        enum entry_form form;
        int r;

        r = entry_read(root_fd, search->directory, &search->place, name, &i, &form);
        if (r == -EMEDIUMTYPE && entry_is_mask(search->place.fd, name))
                return add_mask(search->index, name, hits);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = hits_add(hits, i, search->index * ENTRY_FORM_MAX + form, false);
        if (r < 0)
                return r;
        i = NULL;
        return 0;
}

static int read_directory(int root_fd, const struct search *search, DIR *dir, struct hits *hits)
{
        struct dirent *de;
        int r;

        while ((r = directory_next(dir, &de)) > 0) {
                if (!entry_is_candidate(de))
                        continue;
                r = read_entry(root_fd, search, de->d_name, hits);
                if (r < 0)
                        return r;
        }
        return r;
}

/* Names of entries, for when another process has to look at them first. */
struct entries {
        const char *directory;
        struct name_list names;
};

static int read_names(DIR *dir, struct name_list *names)
{
        struct dirent *de;
        int r;

        while ((r = directory_next(dir, &de)) > 0)
                if (entry_is_candidate(de) && name_list_add(names, de->d_name) < 0)
                        return -ENOMEM;
        return r;
}

static void look_at_entry(int root_fd, size_t i, void *userdata)
{
        const struct entries *entries = userdata;
        _cleanup_image_ struct image *image = NULL;
        enum entry_form form;

        (void)entry_open(root_fd, entries->directory, entries->names.items[i], &image, &form, NULL);
}

static void entries_clear(struct entries *entries)
{
        name_list_clear(&entries->names);
}

static int read_guarded(int root_fd, const struct search *search, DIR *dir, struct hits *hits,
                        char ***silent)
{
        _cleanup_(entries_clear) struct entries entries = {.directory = search->directory};
        const struct name_list *names = &entries.names;
        _cleanup_free_ bool *answers = NULL;
        int r;

        r = read_names(dir, &entries.names);
        if (r < 0)
                return r;
        answers = calloc(names->n + 1, sizeof(*answers));
        if (!answers)
                return -ENOMEM;
        r = guard_run(root_fd, names->n, look_at_entry, &entries, answers);
        for (size_t i = 0; r >= 0 && i < names->n; i++)
                r = answers[i] ? read_entry(root_fd, search, names->items[i], hits)
                               : strv_consume(silent, path_join(search->directory, names->items[i]));
        return r;
}

static int read_search_directory(int root_fd, struct search *search, bool guarded, struct hits *hits,
                                 char ***silent)
{
        _cleanup_closedir_ DIR *dir = NULL;
        int fd, r;

        r = search_directory_open(root_fd, search->directory, &search->place);
        if (r == -ENOENT || r == -ENOTDIR)
                return 0;
        if (r < 0)
                return r;
        fd = dup(search->place.fd);
        if (fd < 0)
                return -errno;
        r = directory_take(fd, &dir);
        if (r < 0)
                return r;
        return guarded ? read_guarded(root_fd, search, dir, hits, silent)
                       : read_directory(root_fd, search, dir, hits);
}

static int hits_to_list(struct hits *h, struct image_list *ret)
{
        struct image **items = NULL;
        size_t n = 0;

        if (h->n > 0) {
                items = calloc(h->n, sizeof(*items));
                if (!items)
                        return -ENOMEM;
                qsort(h->items, h->n, sizeof(*h->items), hit_compare);
        }
        /* The first of a name wins, be it a mask; hits_clear() frees the others. */
        for (size_t i = 0, next; i < h->n; i = next) {
                for (next = i + 1; next < h->n; next++)
                        if (strcmp(h->items[next].image->name, h->items[i].image->name) != 0)
                                break;
                if (!h->items[i].mask)
                        items[n++] = steal_pointer(h->items[i].image);
        }
        *ret = (struct image_list){.items = items, .n = n};
        return 0;
}

int image_list_read(int root_fd, const struct layout *layout, struct image_list *ret, struct error *error)
{
        _cleanup_(hits_clear) struct hits hits = {0};
        _cleanup_strv_ char **silent = NULL;
        bool guarded = mount_table_has_remote("/proc/self/mountinfo");
        int r;

        for (unsigned d = 0; layout->images[d]; d++) {
                _cleanup_(search_close) struct search search = {layout->images[d], d, {.fd = -EBADF}};

                r = read_search_directory(root_fd, &search, guarded, &hits, &silent);
                if (r < 0)
                        return error_set_errno(error, r, "Cannot read image directory '%s'",
                                               layout->images[d]);
        }
        r = hits_to_list(&hits, ret);
        if (r < 0)
                return error_set_oom(error);
        ret->silent = steal_pointer(silent);
        return 0;
}
