/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "extract/extract.h"
#include "operation/operation.h"
#include "operation/status-parts.h"
#include "operation/status.h"
#include "wire/names.h"

static const struct image_file *file_find(const struct image_metadata *m, const char *name)
{
        for (size_t i = 0; i < m->n_units; i++)
                if (strcmp(m->units[i].name, name) == 0)
                        return &m->units[i];
        return NULL;
}

/* The file that was given for the unit. */
static const char *given_find(const struct attachment *a, const char *name)
{
        for (char **path = a->given; path && *path; path++)
                if (strcmp(path_base(*path), name) == 0)
                        return *path;
        return NULL;
}

/* The file that the unit was attached from, as it is now. */
static int read_source(int root_fd, const struct attachment *a, const struct status_unit *u,
                       const struct image_metadata *m, struct status_text *ret)
{
        const struct image_file *file = file_find(m, u->name);
        const char *given = given_find(a, u->name);

        if (given)
                return fd_read_file_in_root(root_fd, given, EXTRACT_UNIT_SIZE_MAX, &ret->content,
                                            &ret->size);
        if (!file)
                return -ENOENT;
        ret->content = calloc(1, file->size + 1);
        if (!ret->content)
                return -ENOMEM;
        memcpy(ret->content, file->content, file->size);
        ret->size = file->size;
        return 0;
}

static bool texts_are_same(const struct status_text *a, const struct status_text *b)
{
        return a->size == b->size && (a->size == 0 || memcmp(a->content, b->content, a->size) == 0);
}

static void status_text_drop(struct status_text *t)
{
        free(t->content);
        *t = (struct status_text){};
}

static void compare(int root_fd, const struct attachment *a, struct status_unit *u,
                    const struct image_metadata *m)
{
        _cleanup_free_ char *path = path_join(a->directory, u->name);
        int q = read_source(root_fd, a, u, m, &u->source),
            r = path ? fd_read_file_in_root(root_fd, path, EXTRACT_UNIT_SIZE_MAX, &u->attached.content,
                                            &u->attached.size)
                     : -ENOMEM;

        u->content = q == -ENOENT                               ? CONTENT_GONE
                     : q < 0 || r < 0                           ? CONTENT_UNKNOWN
                     : texts_are_same(&u->attached, &u->source) ? CONTENT_SAME
                                                                : CONTENT_CHANGED;
        if (u->content == CONTENT_CHANGED || u->content == CONTENT_GONE)
                return;
        status_text_drop(&u->attached);
        status_text_drop(&u->source);
}

static int read_image(struct operation *o, const struct attachment *a, struct image_metadata *ret,
                      struct error *error)
{
        const struct operation_request request = {
                .image = a->paths[0],
                .extensions = a->paths + 1,
                .flags = PORTABLE_FORCE_EXTENSION,
        };

        return operation_inspect(o, &request, false, ret, error);
}

int status_compare_units(struct operation *o, const struct status_reader *reader, struct attachment *a,
                         struct error *error)
{
        __attribute__((cleanup(image_metadata_clear))) struct image_metadata m = {};
        _cleanup_error_ struct error e = {};
        int r;

        if (a->missing)
                return 0;
        r = reader ? reader->read(a, reader->userdata, &m, &e) : read_image(o, a, &m, &e);
        if (r == -ENOMEM)
                return error_set_oom(error);
        /* It needs none of its own where others were given. */
        if (r < 0 && a->given && a->given[0] && e.kind == ERROR_NO_MATCHING_UNIT_FILES)
                r = 0;
        if (r < 0) {
                a->unread = strdup(error_message(&e));
                return a->unread ? 0 : error_set_oom(error);
        }
        for (size_t i = 0; i < a->n_units; i++)
                compare(o->root_fd, a, &a->units[i], &m);
        return 0;
}
