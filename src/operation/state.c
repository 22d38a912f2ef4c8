/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/operation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "manager/list.h"
#include "operation/concerned.h"
#include "operation/host-states.h"
#include "operation/view.h"
#include "plan/kind.h"

static enum portable_state state_of(const struct attached_index *index, const struct host_states *host,
                                    const size_t *units, size_t n)
{
        enum portable_state state = PORTABLE_DETACHED;

        for (size_t i = 0; i < n; i++) {
                const struct attached_unit *u = index->units + units[i];

                portable_state_raise(&state, u->runtime, host_states_is_enabled(host, units[i]),
                                     host_states_is_active(host, units[i]));
        }
        return state;
}

void image_state_clear(struct image_state *s)
{
        free(s->version);
        *s = (struct image_state){};
}

int operation_state(struct operation *o, const struct operation_request *request, struct image_state *ret,
                    struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_concerned_ struct concerned c = {};
        _cleanup_host_states_ struct host_states host = {};
        struct image_state state = {};
        int r;

        r = attached_index_read(o->root_fd, o->layout, &index, error);
        if (r >= 0)
                r = concerned_find(o, &index, request, &c, error);
        if (r >= 0)
                r = host_states_read(o, &index, c.units, c.n, &host, error);
        if (r < 0)
                return r;
        state.nearest = state_of(&index, &host, c.units, c.n);
        if (c.match != CONCERNED_OTHER)
                state.state = state.nearest;
        if (c.match == CONCERNED_EXACT)
                state.own = state.nearest;
        state.version = steal_pointer(c.version);
        *ret = state;
        return 0;
}

/* list is exact: another version of an attached image is not attached. */
static int list_state(const struct attached_index *index, const struct host_states *host,
                      const struct image *image, enum portable_state *ret)
{
        _cleanup_free_ char *name = image_name_from_path(image->path);
        char *names[] = {name, NULL};
        _cleanup_free_ size_t *found = NULL;
        size_t n;

        if (!name || attached_index_find(index, names, ATTACHED_ANY, &found, &n) < 0)
                return -1;
        *ret = state_of(index, host, found, n);
        return 0;
}

void operation_list_clear(struct operation_list *l)
{
        for (size_t i = 0; i < l->n; i++)
                image_free(l->items[i].image);
        free(l->items);
        *l = (struct operation_list){};
}

/* What has been left out is worth a line in the log. */
static int note_silent(struct operation *o, char *const *paths)
{
        for (; paths && *paths; paths++) {
                char *line = NULL;

                if (asprintf(&line,
                             "'%s' is left out of the list of images: its file system does not answer",
                             *paths) < 0)
                        line = NULL;
                if (strv_consume(&o->messages, line) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* Takes the image, unless it is not for the one who asks to know. */
static int add_listed(struct operation *o, const struct attached_index *index,
                      const struct host_states *host, struct image **image, struct operation_list *l,
                      struct error *error)
{
        struct operation_listed *item = l->items + l->n;
        int r;

        if (list_state(index, host, *image, &item->state) < 0)
                return error_set_oom(error);
        r = view_show_image(o, *image, error);
        if (r <= 0)
                return r;
        item->image = steal_pointer(*image);
        l->n++;
        return 0;
}

/* If it depends on who asks, this comes out before all the work. */
static int check_viewer(struct operation *o, const struct image_list *images, struct error *error)
{
        int r = 0;

        for (size_t i = 0; i < images->n && r >= 0 && o->viewer == OPERATION_UNKNOWN; i++)
                r = view_show_image(o, images->items[i], error);
        return r < 0 ? r : 0;
}

int operation_list(struct operation *o, struct operation_list *ret, struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_host_states_ struct host_states host = {};
        _cleanup_image_list_ struct image_list images = {};
        _cleanup_free_ size_t *all = NULL;
        struct operation_list list = {};
        int r;

        r = image_list_read(o->root_fd, o->layout, &images, error);
        if (r >= 0)
                r = check_viewer(o, &images, error);
        if (r < 0)
                return r;
        if (note_silent(o, images.silent) < 0)
                return error_set_oom(error);
        r = attached_index_read(o->root_fd, o->layout, &index, error);
        if (r < 0)
                return r;
        all = calloc(index.n_units + 1, sizeof(*all));
        if (!all)
                return error_set_oom(error);
        for (size_t i = 0; i < index.n_units; i++)
                all[i] = i;
        r = host_states_read(o, &index, all, index.n_units, &host, error);
        if (r < 0)
                return r;

        list.items = calloc(images.n + 1, sizeof(*list.items));
        if (!list.items)
                return error_set_oom(error);
        for (size_t i = 0; i < images.n && r >= 0; i++)
                r = add_listed(o, &index, &host, images.items + i, &list, error);
        if (r < 0) {
                operation_list_clear(&list);
                return r;
        }
        *ret = list;
        return 0;
}
