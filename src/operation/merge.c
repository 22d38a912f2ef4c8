/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"

void merged_clear(struct merged *all)
{
        free(all->list.items);
        free(all->images);
        *all = (struct merged){};
}

/* The index of the change among the first n that is about the same path; n if there is none. */
static size_t find_earlier(const struct merged *all, size_t n, const struct change *c)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(all->list.items[i].path, c->path) == 0)
                        return i;
        return n;
}

/* Both want the same thing to be there. */
static int is_same(const struct change *a, const struct change *b)
{
        if (a->type != b->type)
                return 0;
        if (a->type == CHANGE_MKDIR || a->type == CHANGE_UNLINK)
                return 1;
        return a->source && b->source && strcmp(a->source, b->source) == 0 && !a->data && !b->data;
}

/* Of a unit's drop-in the unit is told. */
static int error_clash(const char *path, const char *image, const char *earlier, struct error *error)
{
        _cleanup_free_ char *directory = path_directory(path);
        const char *what = path_base(path);

        if (!directory)
                return error_set_oom(error);
        if (string_ends_with(directory, ".d")) {
                directory[strlen(directory) - 2] = '\0';
                what = path_base(directory);
        }
        if (strcmp(image, earlier) == 0)
                return error_set(error, ERROR_UNIT_EXISTS, EEXIST, "The image is named twice");
        return error_set(error, ERROR_UNIT_EXISTS, EEXIST,
                         "'%s' is brought by image '%s' of the same call, too", what, earlier);
}

int merge_changes(struct merged *all, struct change_list *plan, const char *image, struct error *error)
{
        size_t before = all->list.n;
        struct change *items;
        const char **images;

        if (plan->n == 0)
                return 0;
        items = reallocarray(all->list.items, before + plan->n, sizeof(*items));
        if (!items)
                return error_set_oom(error);
        all->list.items = items;
        images = reallocarray(all->images, before + plan->n, sizeof(*images));
        if (!images)
                return error_set_oom(error);
        all->images = images;
        for (size_t i = 0; i < plan->n; i++) {
                struct change *c = plan->items + i;
                size_t earlier = find_earlier(all, before, c);

                if (earlier == before) {
                        images[all->list.n] = image;
                        items[all->list.n++] = *c;
                        continue;
                }
                if (!is_same(items + earlier, c))
                        return error_clash(c->path, image, images[earlier], error);
                c->silent = true;
        }
        return 0;
}
