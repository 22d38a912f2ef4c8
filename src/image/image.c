/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "basic/cleanup.h"
#include "basic/strv.h"

bool image_id_is(const struct image_id *id, int dir_fd, const char *name)
{
        struct stat st;

        return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) >= 0 &&
               st.st_dev == id->device && st.st_ino == id->inode && (st.st_mode & S_IFMT) == id->type;
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
