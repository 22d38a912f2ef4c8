/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"

static const char *const type_names[CHANGE_TYPE_MAX] = {
        [CHANGE_MKDIR] = "mkdir", [CHANGE_WRITE] = "write",   [CHANGE_SYMLINK] = "symlink",
        [CHANGE_COPY] = "copy",   [CHANGE_UNLINK] = "unlink",
};

static void change_clear(struct change *c)
{
        free(c->path);
        free(c->source);
        free(c->data);
}

void change_list_clear(struct change_list *l)
{
        for (size_t i = 0; i < l->n; i++)
                change_clear(&l->items[i]);
        free(l->items);
        *l = (struct change_list){};
}

/* Room is doubled whenever the list is full, which it is at each power of two. */
static bool list_has_room(struct change_list *l)
{
        struct change *grown;

        if (l->n & (l->n - 1))
                return true;
        grown = reallocarray(l->items, l->n ? l->n * 2 : 1, sizeof(*grown));
        if (!grown)
                return false;
        l->items = grown;
        return true;
}

struct change *change_list_add(struct change_list *l, enum change_type type, const char *path,
                               const char *source)
{
        struct change c = {.type = type, .path = strdup(path), .source = source ? strdup(source) : NULL};

        if (!c.path || (source && !c.source) || !list_has_room(l)) {
                change_clear(&c);
                return NULL;
        }
        l->items[l->n] = c;
        return &l->items[l->n++];
}

void change_list_drop_silent(struct change_list *l)
{
        size_t n = 0;

        for (size_t i = 0; i < l->n; i++)
                if (l->items[i].silent)
                        change_clear(l->items + i);
                else
                        l->items[n++] = l->items[i];
        l->n = n;
}

int change_list_move(struct change_list *l, struct change_list *from)
{
        size_t moved = 0;

        while (moved < from->n && list_has_room(l))
                l->items[l->n++] = from->items[moved++];
        from->n -= moved;
        if (from->n == 0) {
                change_list_clear(from);
                return 0;
        }
        memmove(from->items, from->items + moved, from->n * sizeof(*from->items));
        return -ENOMEM;
}

const char *change_type_to_string(enum change_type type)
{
        return type < CHANGE_TYPE_MAX ? type_names[type] : NULL;
}

int change_type_from_string(const char *s)
{
        for (int i = 0; i < CHANGE_TYPE_MAX; i++)
                if (strcmp(type_names[i], s) == 0)
                        return i;
        return -EINVAL;
}
