/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "definition/candidate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "attached/names.h"
#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "image/image.h"
#include "image/pick.h"
#include "image/version.h"

void image_candidates_clear(struct image_candidates *c)
{
        for (size_t i = 0; i < c->n; i++) {
                free(c->items[i].image);
                free(c->items[i].name);
                free(c->items[i].version);
        }
        free(c->items);
        *c = (struct image_candidates){};
}

static int add(struct image_candidates *c, const char *image, char *name, const char *version)
{
        struct image_candidate item = {.name = name};

        if (!name || array_grow((void **)&c->items, c->n, sizeof(item)) < 0) {
                free(name);
                return -ENOMEM;
        }
        item.image = strdup(image);
        item.version = strdup(version);
        c->items[c->n++] = item;
        return item.image && item.version ? 0 : -ENOMEM;
}

static int compare_best_first(const void *a, const void *b)
{
        const struct image_candidate *x = a, *y = b;
        int c = version_compare(y->version, strlen(y->version), x->version, strlen(x->version));

        return c ? c : strcmp(x->name, y->name);
}

/* The file in it that was picked is the best of them, the others lie beside. */
static int add_versioned(int root_fd, const struct image *image, const struct version_range *range,
                         struct image_candidates *c)
{
        _cleanup_(pick_files_clear) struct pick_files files = {};
        int r = pick_list(root_fd, image->entry, &files);

        for (size_t i = 0; i < files.n && r >= 0; i++)
                if (version_range_has(range, files.items[i].version))
                        r = add(c, files.items[i].path, image_name_from_path(files.items[i].path),
                                files.items[i].version);
        return r;
}

static bool is_version_of(const char *image, const char *name)
{
        size_t n = strlen(name);

        return strncmp(image, name, n) == 0 && image[n] == '_' && image[n + 1] >= '0' && image[n + 1] <= '9';
}

static int add_by_name(int root_fd, const struct image_list *images, const char *name,
                       const struct version_range *range, struct image_candidates *c)
{
        int r = 0;

        for (size_t i = 0; i < images->n && r >= 0; i++) {
                const struct image *image = images->items[i];
                const char *version = attached_name_version(image->name);

                if (strcmp(image->name, name) == 0 && image->versioned)
                        return add_versioned(root_fd, image, range, c);
                /* Just this one is meant. */
                if (strcmp(image->name, name) == 0 && version_range_is_open(range)) {
                        image_candidates_clear(c);
                        return add(c, name, strdup(name), version);
                }
                if (is_version_of(image->name, name) &&
                    version_range_has(range, image->name + strlen(name) + 1))
                        r = add(c, image->name, strdup(image->name), image->name + strlen(name) + 1);
        }
        if (r >= 0 && c->n > 0)
                qsort(c->items, c->n, sizeof(*c->items), compare_best_first);
        return r;
}

static int add_path(int root_fd, const char *path, struct image_candidates *c)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, O_PATH, 0);
        _cleanup_free_ char *real = NULL;
        int r;

        if (fd < 0)
                return fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP ? 0 : fd;
        r = fd_path_in_root(root_fd, fd, &real);
        return r < 0 ? r : add(c, path, image_name_from_path(real), "");
}

int image_candidates_find(int root_fd, const struct image_list *images, const char *name,
                          const struct version_range *range, struct image_candidates *ret,
                          struct error *error)
{
        _cleanup_candidates_ struct image_candidates c = {};
        int r = name[0] == '/' ? add_path(root_fd, name, &c) : add_by_name(root_fd, images, name, range, &c);

        if (r == -ENOMEM)
                return error_set_oom(error);
        if (r < 0)
                return error_set_errno(error, r, "Cannot look at image '%s'", name);
        *ret = c;
        c = (struct image_candidates){};
        return 0;
}

const struct image_candidate *image_candidates_choose(const struct image_candidates *c, const char *attached)
{
        for (size_t i = 0; attached && i < c->n; i++)
                if (strcmp(c->items[i].name, attached) == 0)
                        return c->items + i;
        return c->n > 0 ? c->items : NULL;
}
