/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/missing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "attached/state.h"
#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/name-list.h"
#include "basic/strv.h"
#include "image/guard.h"
#include "operation/host-states.h"
#include "operation/operation.h"

static int compare_row(const void *name, const void *row)
{
        return strcmp(name, ((const struct image_row *)row)->name);
}

static bool is_listed(const struct image_table *t, const char *name)
{
        return t->n > 0 && bsearch(name, t->rows, t->n, sizeof(*t->rows), compare_row);
}

/* Names and paths, in the same order, of what is attached and not listed. */
struct missing_candidates {
        char **names, **paths;
};

static void candidates_clear(struct missing_candidates *c)
{
        strv_free(c->names);
        strv_free(c->paths);
}

static int find_candidates(const struct attached_index *index, const struct image_table *t,
                           struct missing_candidates *ret)
{
        for (size_t i = 0; i < index->n_units; i++) {
                const struct attached_unit *u = index->units + i;

                for (size_t k = 0; u->names[k]; k++)
                        if (!is_listed(t, u->names[k]) && !strv_contains(ret->names, u->names[k]) &&
                            (strv_append(&ret->names, u->names[k]) < 0 ||
                             strv_append(&ret->paths, u->paths[k]) < 0))
                                return -ENOMEM;
        }
        return 0;
}

static bool is_gone(int root_fd, const char *path)
{
        _cleanup_close_ int fd = fd_open_in_root(root_fd, path, O_PATH, 0);

        return fd == -ENOENT || fd == -ENOTDIR;
}

static void look(int root_fd, size_t i, void *userdata)
{
        const struct missing_candidates *c = userdata;

        (void)is_gone(root_fd, c->paths[i]);
}

static int read_state(struct operation *o, const struct attached_index *index, char *name,
                      enum portable_state *ret, struct error *error)
{
        _cleanup_host_states_ struct host_states host = {};
        char *names[] = {name, NULL};
        _cleanup_free_ size_t *units = NULL;
        size_t n;
        int r;

        if (attached_index_find(index, names, ATTACHED_ANY, &units, &n) < 0)
                return error_set_oom(error);
        r = host_states_read(o, index, units, n, &host, error);
        if (r >= 0)
                *ret = host_states_sum_up(&host, units, n);
        return r;
}

static int add_row(struct image_table *t, const char *name, const char *path, enum portable_state state)
{
        struct image_row *row;

        if (array_grow((void **)&t->rows, t->n, sizeof(*row)) < 0)
                return -ENOMEM;
        row = t->rows + t->n++;
        *row = (struct image_row){
                .name = strdup(name),
                .path = strdup(path),
                .type = strdup(IMAGE_TYPE_MISSING),
                .state = strdup(portable_state_to_string(state)),
                .usage = UINT64_MAX,
        };
        return row->name && row->path && row->type && row->state ? 0 : -ENOMEM;
}

static int add_missing(struct operation *o, const struct attached_index *index, struct missing_candidates *c,
                       struct image_table *t, struct error *error)
{
        size_t n = strv_length(c->names);
        _cleanup_free_ bool *answers = calloc(n + 1, sizeof(*answers));
        int r = answers ? guard_run(o->root_fd, n, look, c, answers) : -ENOMEM;

        if (r < 0)
                return error_set_errno(error, r, "Cannot look for the images that are attached");
        for (size_t i = 0; i < n; i++) {
                enum portable_state state = PORTABLE_DETACHED;

                if (!answers[i] || !is_gone(o->root_fd, c->paths[i]))
                        continue;
                r = read_state(o, index, c->names[i], &state, error);
                if (r < 0)
                        return r;
                if (add_row(t, c->names[i], c->paths[i], state) < 0)
                        return error_set_oom(error);
        }
        return 0;
}

int operation_list_missing(struct operation *o, struct image_table *t, struct error *error)
{
        __attribute__((cleanup(candidates_clear))) struct missing_candidates c = {};
        _cleanup_attached_index_ struct attached_index index = {};
        struct result sorted = {};
        int r = attached_index_read(o->root_fd, o->layout, &index, error);

        if (r < 0)
                return r;
        if (find_candidates(&index, t, &c) < 0)
                return error_set_oom(error);
        if (c.names)
                r = add_missing(o, &index, &c, t, error);
        sorted.images = *t;
        result_sort(&sorted);
        return r;
}
