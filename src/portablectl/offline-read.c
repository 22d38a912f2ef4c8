/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "extract/sandbox.h"
#include "operation/layers.h"
#include "operation/operation.h"
#include "portablectl/offline.h"

static int row_set(struct image_row *row, const struct operation_listed *listed)
{
        const struct image *i = listed->image;

        *row = (struct image_row){
                .name = strdup(i->name),
                .type = strdup(image_type_to_string(i->type)),
                .state = strdup(portable_state_to_string(listed->state)),
                .read_only = i->read_only,
                .crtime = i->crtime,
                .mtime = i->mtime,
                .usage = i->usage,
        };
        return row->name && row->type && row->state ? 0 : -ENOMEM;
}

int offline_list_images(struct offline *o, struct image_table *ret, struct error *error)
{
        _cleanup_(operation_list_clear) struct operation_list list = {};
        _cleanup_image_table_ struct image_table table = {};
        _cleanup_operation_ struct operation operation = {};
        int r;

        r = offline_begin(o, &operation, error);
        if (r >= 0)
                r = operation_list(&operation, &list, error);
        if (r < 0)
                return r;
        table.rows = calloc(list.n + 1, sizeof(*table.rows));
        if (!table.rows)
                return error_set_oom(error);
        for (size_t i = 0; i < list.n; i++)
                if (row_set(&table.rows[table.n++], &list.items[i]) < 0)
                        return error_set_oom(error);
        *ret = table;
        table = (struct image_table){};
        return 0;
}

/* An empty file has content, too. */
static int file_set(struct image_file *f, const char *name, const char *content, size_t size)
{
        f->name = strdup(name);
        f->content = malloc(size + 1);
        f->size = size;
        if (!f->name || !f->content)
                return -ENOMEM;
        if (size > 0)
                memcpy(f->content, content, size);
        f->content[size] = '\0';
        return 0;
}

static int fill_sandbox(uint32_t layers, char ***ret)
{
        *ret = calloc(1, sizeof(char *));
        if (!*ret)
                return -ENOMEM;
        for (unsigned i = 0; i < SANDBOX_LAYER_MAX; i++)
                if (layers & SANDBOX_BIT(i) && strv_append(ret, sandbox_layer_to_string(i)) < 0)
                        return -ENOMEM;
        return 0;
}

static int metadata_fill(const struct layers *l, char *const *matches, struct image_metadata *m)
{
        _cleanup_free_ struct layer_unit *units = NULL;
        const struct layer *base = l->items;
        size_t n;

        if (layers_collect_units(l, matches, &units, &n) < 0)
                return -ENOMEM;
        m->path = strdup(base->image->path);
        m->extensions = calloc(l->n, sizeof(*m->extensions));
        m->units = calloc(n + 1, sizeof(*m->units));
        if (!m->path || !m->extensions || !m->units ||
            file_set(&m->release, "os-release", base->metadata->release, base->metadata->release_size) < 0)
                return -ENOMEM;
        for (size_t i = 1; i < l->n; i++) {
                const struct layer *e = l->items + i;

                if (file_set(&m->extensions[m->n_extensions++], e->image->path, e->metadata->release,
                             e->metadata->release_size) < 0)
                        return -ENOMEM;
        }
        if (fill_sandbox(layers_confinement(l), &m->sandbox) < 0 ||
            fill_sandbox(sandbox_missing(layers_confinement(l)), &m->sandbox_missing) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                if (file_set(&m->units[m->n_units++], units[i].file->name, units[i].file->content,
                             units[i].file->size) < 0)
                        return -ENOMEM;
        return 0;
}

int offline_get_metadata(struct offline *o, const char *image, char *const *extensions, char *const *matches,
                         uint64_t flags, struct image_metadata *ret, struct error *error)
{
        struct operation_request request = {
                .image = image, .extensions = extensions, .matches = matches, .flags = flags};
        _cleanup_image_metadata_ struct image_metadata metadata = {};
        _cleanup_operation_ struct operation operation = {};
        _cleanup_layers_ struct layers layers = {};
        int r;

        r = offline_begin(o, &operation, error);
        if (r >= 0)
                r = operation_metadata(&operation, &request, true, &layers, error);
        if (r < 0)
                return r;
        if (metadata_fill(&layers, matches, &metadata) < 0)
                return error_set_oom(error);
        *ret = metadata;
        metadata = (struct image_metadata){};
        return 0;
}

int offline_get_release_field(struct offline *o, const char *image, const char *key, char **ret,
                              struct error *error)
{
        struct operation_request request = {.image = image};
        _cleanup_operation_ struct operation operation = {};
        _cleanup_layers_ struct layers layers = {};
        const char *value;
        int r;

        r = offline_begin(o, &operation, error);
        if (r >= 0)
                r = operation_metadata(&operation, &request, false, &layers, error);
        if (r < 0)
                return r;
        value = metadata_field(layers.items[0].metadata, key);
        *ret = value ? strdup(value) : NULL;
        return value && !*ret ? error_set_oom(error) : 0;
}

int offline_get_state(struct offline *o, const char *image, char *const *extensions, struct named_state *ret,
                      struct error *error)
{
        struct operation_request request = {.image = image, .extensions = extensions};
        _cleanup_image_state_ struct image_state state = {};
        _cleanup_operation_ struct operation operation = {};
        struct named_state s = {};
        int r;

        r = offline_begin(o, &operation, error);
        if (r >= 0)
                r = operation_state(&operation, &request, &state, error);
        if (r < 0)
                return r;
        s.version = steal_pointer(state.version);
        s.state = strdup(portable_state_to_string(state.state));
        s.nearest = strdup(portable_state_to_string(state.nearest));
        if (!s.state || !s.nearest) {
                named_state_clear(&s);
                return error_set_oom(error);
        }
        *ret = s;
        return 0;
}
