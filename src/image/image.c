/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "basic/strv.h"
#include "image/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"

static const char *const type_names[IMAGE_TYPE_MAX] = {
        [IMAGE_DIRECTORY] = "directory",
        [IMAGE_SUBVOLUME] = "subvolume",
        [IMAGE_RAW] = "raw",
        [IMAGE_BLOCK] = "block",
};

const char *image_type_to_string(enum image_type type)
{
        return (unsigned)type < ELEMENTSOF(type_names) ? type_names[type] : NULL;
}

struct image *image_free(struct image *i)
{
        if (!i)
                return NULL;
        free(i->name);
        free(i->path);
        free(i->entry);
        free(i->link);
        free(i);
        return NULL;
}

void cleanup_imagep(struct image **i)
{
        *i = image_free(*i);
}

void image_list_clear(struct image_list *l)
{
        for (size_t i = 0; i < l->n; i++)
                image_free(l->items[i]);
        free(l->items);
        strv_free(l->silent);
        *l = (struct image_list){0};
}
