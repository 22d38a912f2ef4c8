/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/error.h"
#include "basic/path.h"

void merged_clear(struct change_list *all)
{
        free(all->items);
        *all = (struct change_list){};
}

static const struct change *find_earlier(const struct change_list *all, size_t n, const struct change *c)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(all->items[i].path, c->path) == 0)
                        return all->items + i;
        return NULL;
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

int merge_changes(struct change_list *all, struct change_list *plan, const char *image, struct error *error)
{
        size_t before = all->n;
        struct change *grown;

        if (plan->n == 0)
                return 0;
        grown = reallocarray(all->items, before + plan->n, sizeof(*grown));
        if (!grown)
                return error_set_oom(error);
        all->items = grown;
        for (size_t i = 0; i < plan->n; i++) {
                struct change *c = plan->items + i;
                const struct change *earlier = find_earlier(all, before, c);

                if (!earlier) {
                        all->items[all->n++] = *c;
                        continue;
                }
                if (!is_same(earlier, c))
                        return error_set(error, ERROR_UNIT_EXISTS, EEXIST,
                                         "'%s' of image '%s' is brought by another image of this call, too",
                                         path_base(c->path), image);
                c->silent = true;
        }
        return 0;
}
