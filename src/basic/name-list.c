/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/name-list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/array.h"

void name_list_clear(struct name_list *l)
{
        for (size_t i = 0; i < l->n; i++)
                free(l->items[i]);
        free(l->items);
        *l = (struct name_list){};
}

static int put(struct name_list *l, size_t place, const char *name)
{
        char *copy;

        if (array_grow((void **)&l->items, l->n, sizeof(*l->items)) < 0)
                return -ENOMEM;
        copy = strdup(name);
        if (!copy)
                return -ENOMEM;
        memmove(l->items + place + 1, l->items + place, (l->n - place) * sizeof(*l->items));
        l->items[place] = copy;
        l->n++;
        return 0;
}

int name_list_add(struct name_list *l, const char *name)
{
        return put(l, l->n, name);
}

int name_list_insert(struct name_list *l, const char *name)
{
        size_t low = 0, high = l->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int r = strcmp(name, l->items[middle]);

                if (r == 0)
                        return 0;
                if (r < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return put(l, low, name) < 0 ? -ENOMEM : 1;
}

static int compare(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

void name_list_sort(struct name_list *l)
{
        if (l->n > 0)
                qsort(l->items, l->n, sizeof(*l->items), compare);
}

bool name_list_has(const struct name_list *l, const char *name)
{
        return l->n > 0 && bsearch(&name, l->items, l->n, sizeof(*l->items), compare);
}

char **name_list_steal(struct name_list *l)
{
        char **names = reallocarray(l->items, l->n + 1, sizeof(*names));

        if (!names)
                return NULL;
        names[l->n] = NULL;
        *l = (struct name_list){};
        return names;
}
