/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/operation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "attached/names.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "manager/list.h"
#include "operation/check.h"
#include "operation/host-states.h"
#include "operation/view.h"

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

/* Whether one of the names is one of the unit's layers, or with "stem" another version of one. */
static bool is_layer(const struct attached_unit *u, char *const *names, bool stem)
{
        for (char *const *n = names; *n; n++)
                for (char **have = u->names; *have; have++)
                        if (stem ? attached_names_share_stem(*have, *n) : strcmp(*have, *n) == 0)
                                return true;
        return false;
}

static int find_layers(const struct attached_index *index, char *const *names, bool stem, size_t **ret,
                       size_t *ret_n)
{
        size_t *found = calloc(index->n_units + 1, sizeof(size_t)), n = 0;

        if (!found)
                return -ENOMEM;
        for (size_t i = 0; i < index->n_units; i++)
                if (is_layer(index->units + i, names, stem))
                        found[n++] = i;
        *ret = found;
        *ret_n = n;
        return 0;
}

/* From close to far: exactly these images, what a single one is a layer of, other versions of all, what any
 * of them is a layer of, what any other version of any of them is a layer of. */
static int find_units(const struct attached_index *index, char *const *names, size_t **ret, size_t *ret_n)
{
        bool alone = strv_length(names) == 1;

        for (unsigned step = 0; step < 5; step++) {
                _cleanup_free_ size_t *found = NULL;
                int r = 0;

                *ret_n = 0;
                if (step == 0 || step == 2)
                        r = attached_index_find(index, names, step ? ATTACHED_PARTIAL : ATTACHED_EXACT,
                                                &found, ret_n);
                else if (step != 1 || alone)
                        r = find_layers(index, names, step == 4, &found, ret_n);
                if (r < 0)
                        return r;
                if (*ret_n == 0)
                        continue;
                *ret = steal_pointer(found);
                return 0;
        }
        *ret = NULL;
        return 0;
}

int operation_find_concerned(struct operation *o, const struct attached_index *index,
                             const struct operation_request *request, size_t **ret, size_t *ret_n,
                             struct error *error)
{
        _cleanup_strv_ char **names = NULL, **resolved = NULL;
        size_t n = 0;
        int r = 0;

        *ret = NULL;
        if (operation_get_names(request, &names) < 0 || find_units(index, names, ret, &n) < 0)
                return error_set_oom(error);
        if (n == 0)
                r = view_may_resolve(o, request, error);
        if (r < 0)
                return r;
        if (n == 0 && r > 0 &&
            (operation_resolve_names(o, request, &resolved) < 0 || find_units(index, resolved, ret, &n) < 0))
                return error_set_oom(error);
        *ret_n = n;
        return 0;
}

int operation_state(struct operation *o, const struct operation_request *request, enum portable_state *ret,
                    struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_host_states_ struct host_states host = {};
        _cleanup_free_ size_t *found = NULL;
        size_t n;
        int r;

        r = attached_index_read(o->root_fd, &index, error);
        if (r >= 0)
                r = operation_find_concerned(o, &index, request, &found, &n, error);
        if (r >= 0)
                r = host_states_read(o, &index, found, n, &host, error);
        if (r < 0)
                return r;
        *ret = state_of(&index, &host, found, n);
        return 0;
}

/* list is exact: another version of an attached image is not attached. */
static int list_state(const struct attached_index *index, const struct host_states *host,
                      const struct image *image, enum portable_state *ret)
{
        _cleanup_free_ char *name = attached_name_from_path(image->path);
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

int operation_list(struct operation *o, struct operation_list *ret, struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_host_states_ struct host_states host = {};
        _cleanup_image_list_ struct image_list images = {};
        _cleanup_free_ size_t *all = NULL;
        struct operation_list list = {};
        int r;

        r = image_list_read(o->root_fd, &images, error);
        if (r < 0)
                return r;
        if (note_silent(o, images.silent) < 0)
                return error_set_oom(error);
        r = attached_index_read(o->root_fd, &index, error);
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
        for (size_t i = 0; i < images.n; i++) {
                list.items[list.n].image = steal_pointer(images.items[i]);
                if (list_state(&index, &host, list.items[list.n++].image, &list.items[i].state) < 0) {
                        operation_list_clear(&list);
                        return error_set_oom(error);
                }
        }
        *ret = list;
        return 0;
}
