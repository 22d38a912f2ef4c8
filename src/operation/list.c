/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "operation/host-states.h"
#include "operation/operation.h"
#include "operation/view.h"
#include "plan/kind.h"

int operation_fill_row(const struct image *i, struct image_row *row)
{
        *row = (struct image_row){
                .name = strdup(i->name),
                .path = strdup(i->path),
                .type = strdup(image_type_to_string(i->type)),
                .read_only = i->read_only,
                .crtime = i->crtime,
                .mtime = i->mtime,
                .usage = i->usage,
                .usage_exclusive = i->usage_exclusive,
                .limit = i->limit,
                .limit_exclusive = i->limit_exclusive,
        };
        return row->name && row->path && row->type ? 0 : -ENOMEM;
}

/* Exact: another version of an attached image is not attached. Returns 0 or -ENOMEM. */
static int find_state(const struct host_states *host, const struct image *image, enum portable_state *ret)
{
        _cleanup_free_ char *name = image_name_from_path(image->path);
        char *names[] = {name, NULL};
        _cleanup_free_ size_t *found = NULL;
        size_t n;

        if (!name || attached_index_find(host->index, names, ATTACHED_ANY, &found, &n) < 0)
                return -ENOMEM;
        *ret = host_states_sum_up(host, found, n);
        return 0;
}

/* What has been left out is worth a line in the log. */
static int note_silent(struct operation *o, char *const *paths)
{
        for (; paths && *paths; paths++) {
                if (strv_appendf(&o->messages,
                                 "'%s' is left out of the list of images: its file system does not answer",
                                 *paths) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* Unless the image is not for the one who asks to know. */
static int add_row(struct operation *o, const struct host_states *host, struct image *image,
                   struct image_table *t, struct error *error)
{
        enum portable_state state;
        struct image_row *row;
        int r;

        if (find_state(host, image, &state) < 0)
                return error_set_oom(error);
        r = view_show_image(o, image, error);
        if (r <= 0)
                return r;
        row = t->rows + t->n++;
        if (operation_fill_row(image, row) < 0)
                return error_set_oom(error);
        row->state = strdup(portable_state_to_string(state));
        return row->state ? 0 : error_set_oom(error);
}

/* If it depends on who asks, this comes out before all the work. */
static int check_viewer(struct operation *o, const struct image_list *images, struct error *error)
{
        int r = 0;

        for (size_t i = 0; i < images->n && r >= 0 && o->viewer == OPERATION_UNKNOWN; i++)
                r = view_show_image(o, images->items[i], error);
        return r < 0 ? r : 0;
}

static int read_states(struct operation *o, struct attached_index *index, struct host_states *ret,
                       struct error *error)
{
        _cleanup_free_ size_t *all = NULL;
        int r = attached_index_read(o->root_fd, o->layout, index, error);

        if (r < 0)
                return r;
        all = calloc(index->n_units + 1, sizeof(*all));
        if (!all)
                return error_set_oom(error);
        for (size_t i = 0; i < index->n_units; i++)
                all[i] = i;
        return host_states_read(o, index, all, index->n_units, ret, error);
}

int operation_list(struct operation *o, struct image_table *ret, struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_host_states_ struct host_states host = {};
        _cleanup_image_list_ struct image_list images = {};
        int r;

        r = image_list_read(o->root_fd, o->layout, &images, error);
        if (r >= 0)
                r = check_viewer(o, &images, error);
        if (r < 0)
                return r;
        if (note_silent(o, images.silent) < 0)
                return error_set_oom(error);
        r = read_states(o, &index, &host, error);
        if (r < 0)
                return r;
        ret->rows = calloc(images.n + 1, sizeof(*ret->rows));
        if (!ret->rows)
                return error_set_oom(error);
        for (size_t i = 0; i < images.n && r >= 0; i++)
                r = add_row(o, &host, images.items[i], ret, error);
        return r < 0 ? r : 0;
}
