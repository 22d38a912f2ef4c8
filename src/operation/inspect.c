/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "extract/sandbox.h"
#include "operation/describe.h"
#include "operation/layers.h"
#include "operation/operation.h"

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

static int fill_metadata(const struct layers *l, char *const *matches, struct image_metadata *m)
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
            image_file_set(&m->release, "os-release", base->metadata->release,
                           base->metadata->release_size) < 0)
                return -ENOMEM;
        for (size_t i = 1; i < l->n; i++) {
                const struct layer *e = l->items + i;

                if (image_file_set(&m->extensions[m->n_extensions++], e->image->path, e->metadata->release,
                                   e->metadata->release_size) < 0)
                        return -ENOMEM;
        }
        for (size_t i = 0; i < n; i++)
                if (image_file_set(&m->units[m->n_units++], units[i].file->name, units[i].file->content,
                                   units[i].file->size) < 0)
                        return -ENOMEM;
        if (fill_sandbox(layers_confinement(l), &m->sandbox) < 0)
                return -ENOMEM;
        return fill_sandbox(sandbox_missing(layers_confinement(l)), &m->sandbox_missing);
}

int operation_inspect(struct operation *o, const struct operation_request *request, bool describe,
                      struct image_metadata *ret, struct error *error)
{
        _cleanup_layers_ struct layers l = {};
        _cleanup_strv_ char **matches = NULL;
        int r = operation_metadata(o, request, &matches, &l, error);

        if (r < 0)
                return r;
        if (fill_metadata(&l, matches, ret) < 0)
                return error_set_oom(error);
        return describe ? describe_layers(o, &l, ret, error) : 0;
}
