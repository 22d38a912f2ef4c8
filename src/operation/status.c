/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "image/image.h"
#include "image/mstack.h"
#include "manager/manager.h"
#include "operation/concerned.h"
#include "operation/operation.h"
#include "operation/status-parts.h"
#include "plan/kind.h"
#include "transaction/transaction.h"

static void attachment_clear(struct attachment *a)
{
        strv_free(a->paths);
        strv_free(a->missing);
        strv_free(a->given);
        free(a->definition);
        stack_clear(&a->layers);
        free(a->profile);
        free(a->policy);
        free(a->unread);
        for (size_t i = 0; i < a->n_units; i++) {
                free(a->units[i].name);
                free(a->units[i].active);
                free(a->units[i].file_state);
                free(a->units[i].attached.content);
                free(a->units[i].source.content);
                for (size_t k = 0; k < a->units[i].n_instances; k++) {
                        free(a->units[i].instances[k].name);
                        free(a->units[i].instances[k].active);
                }
                free(a->units[i].instances);
        }
        free(a->units);
}

void image_status_clear(struct image_status *s)
{
        for (size_t i = 0; i < s->n; i++)
                attachment_clear(&s->items[i]);
        free(s->items);
        free(s->version);
        free(s->masked);
        strv_free(s->unfinished);
        *s = (struct image_status){};
}

static bool same_paths(char *const *a, char *const *b)
{
        size_t i = 0;

        while (a[i] && b[i] && strcmp(a[i], b[i]) == 0)
                i++;
        return !a[i] && !b[i];
}

/* The attachment that a unit belongs to, a new one if there is none yet. NULL if out of memory. */
static struct attachment *attachment_of(struct image_status *s, const struct attached_unit *u)
{
        struct attachment *a;

        for (size_t i = 0; i < s->n; i++)
                if (s->items[i].directory == u->directory && same_paths(s->items[i].paths, u->paths))
                        return &s->items[i];
        a = reallocarray(s->items, s->n + 1, sizeof(*a));
        if (!a)
                return NULL;
        s->items = a;
        a += s->n;
        *a = (struct attachment){.directory = u->directory, .runtime = u->runtime};
        if (strv_copy(u->paths, &a->paths) < 0)
                return NULL;
        s->n++;
        return a;
}

static int add_unit(struct image_status *s, const struct attached_unit *u)
{
        struct attachment *a = attachment_of(s, u);
        struct status_unit *grown = a ? reallocarray(a->units, a->n_units + 1, sizeof(*grown)) : NULL;

        if (!grown)
                return -ENOMEM;
        a->units = grown;
        if (u->definition && !a->definition && !(a->definition = strdup(u->definition)))
                return -ENOMEM;
        grown[a->n_units] = (struct status_unit){.name = strdup(u->name), .hidden = u->hidden};
        return grown[a->n_units++].name ? 0 : -ENOMEM;
}

static int find_units(struct operation *o, const struct attached_index *index,
                      const struct operation_request *request, struct concerned *ret, struct error *error)
{
        if (request)
                return concerned_find(o, index, request, ret, error);
        ret->units = calloc(index->n_units + 1, sizeof(*ret->units));
        if (!ret->units)
                return error_set_oom(error);
        for (size_t i = 0; i < index->n_units; i++)
                ret->units[i] = i;
        ret->n = index->n_units;
        return 0;
}

static int find_missing(int root_fd, struct attachment *a)
{
        for (size_t i = 0; a->paths[i]; i++) {
                _cleanup_close_ int fd = fd_open_in_root(root_fd, a->paths[i], O_PATH, 0);

                /* What lies in a directory that we may not enter is not missing for that. */
                if ((fd == -ENOENT || fd == -ENOTDIR) && strv_append(&a->missing, a->paths[i]) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* What an image in layers is made of: most are links, and what they lead to may go away. */
static int find_layers(struct operation *o, struct attachment *a)
{
        _cleanup_close_ int fd = -EBADF;

        if (entry_form_of(path_base(a->paths[0])) != ENTRY_FORM_MSTACK)
                return 0;
        fd = fd_open_in_root(o->root_fd, a->paths[0], O_PATH | O_DIRECTORY, 0);
        return fd < 0 ? 0 : mstack_look(o->root_fd, fd, a->paths[0], &a->layers);
}

static void raise_state(struct image_status *s)
{
        for (size_t i = 0; i < s->n; i++)
                for (size_t k = 0; k < s->items[i].n_units; k++) {
                        const struct status_unit *u = &s->items[i].units[k];

                        if (!u->hidden)
                                portable_state_raise(&s->state, s->items[i].runtime,
                                                     unit_file_state_is_enabled(u->file_state),
                                                     u->active && manager_active_state_is_active(u->active));
                }
}

int operation_status(struct operation *o, const struct operation_request *request,
                     const struct status_reader *reader, struct image_status *ret, struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_image_status_ struct image_status s = {};
        _cleanup_concerned_ struct concerned c = {};
        int r;

        r = attached_index_read(o->root_fd, o->layout, &index, error);
        if (r >= 0)
                r = find_units(o, &index, request, &c, error);
        /* Of another version than the one that was named nothing but its name is told. */
        for (size_t i = 0; c.match != CONCERNED_OTHER && i < c.n && r >= 0; i++)
                if (add_unit(&s, &index.units[c.units[i]]) < 0)
                        r = error_set_oom(error);
        for (size_t i = 0; i < s.n && r >= 0; i++)
                if (find_missing(o->root_fd, s.items + i) < 0 || find_layers(o, s.items + i) < 0 ||
                    status_read_dropins(o, s.items + i) < 0)
                        r = error_set_oom(error);
        if (r >= 0)
                r = status_read_states(o, &s, error);
        for (size_t i = 0; i < s.n && r >= 0; i++)
                r = status_compare_units(o, reader, s.items + i, error);
        if (r >= 0)
                r = transaction_list_unfinished(o->root_fd, o->layout, &s.unfinished, error);
        if (r < 0)
                return r;
        if (request && image_find_mask(o->root_fd, o->layout, request->image, &s.masked) < 0)
                return error_set_oom(error);
        raise_state(&s);
        s.version = steal_pointer(c.version);
        *ret = s;
        s = (struct image_status){};
        return 0;
}
