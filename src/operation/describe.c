/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/describe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "dissect/dissect.h"
#include "operation/fit.h"
#include "operation/layers.h"
#include "operation/operation.h"
#include "partition/partition.h"
#include "plan/feature.h"
#include "wire/result.h"

static int set_text(char **field, const char *text)
{
        *field = strdup(text ?: "");
        return *field ? 0 : -ENOMEM;
}

static int describe_partition(const struct dissected *d, size_t i, struct image_partition *ret)
{
        const struct partition *p = dissected_table(d)->items + i;

        ret->number = p->number;
        ret->offset = p->offset;
        ret->size = p->size;
        if (set_text(&ret->designator, designator_to_string(p->designator)) < 0 ||
            set_text(&ret->architecture, p->architecture) < 0 ||
            set_text(&ret->file_system, p->ambiguous ? NULL : p->fstype) < 0)
                return -ENOMEM;
        return set_text(&ret->use, dissected_use(d, i));
}

static int describe_partitions(const struct dissected *d, struct image_layer *ret)
{
        const struct partition_table *table = dissected_table(d);

        if (!table)
                return 0;
        ret->partitions = calloc(table->n, sizeof(*ret->partitions));
        if (!ret->partitions)
                return -ENOMEM;
        while (ret->n_partitions < table->n) {
                size_t i = ret->n_partitions++;

                if (describe_partition(d, i, ret->partitions + i) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* Why attach would refuse it, in its own words. */
static int describe_fit(const struct operation *o, const struct layers *l, size_t i, char **ret)
{
        _cleanup_error_ struct error e = {};
        const struct layers base = {l->items, 1};
        int r = i == 0 ? layers_check(o, &base, &e) : extension_check_fit(l->items, l->items + i, &e);

        if (r == -ENOMEM)
                return r;
        return set_text(ret, r < 0 ? error_message(&e) : NULL);
}

static int describe_policy(const struct operation *o, const struct layer *l, char **ret, struct error *error)
{
        if (feature_is_available(FEATURE_IMAGE_POLICY, o->manager_version)) {
                int r = dissected_pin(l->dissected, o->manager_version, ret, error);

                if (r < 0)
                        return r;
        }
        return *ret || set_text(ret, NULL) >= 0 ? 0 : error_set_oom(error);
}

static int describe_layer(struct operation *o, const struct layers *l, size_t i, struct image_layer *ret,
                          struct error *error)
{
        const struct layer *layer = l->items + i;
        const struct image *image = layer->image;
        _cleanup_free_ char *version = NULL;

        ret->size = image->usage;
        ret->read_only = image->read_only;
        if (layer_get_name_and_version(layer, &version) < 0 || set_text(&ret->version, version) < 0 ||
            set_text(&ret->path, image->path) < 0 ||
            set_text(&ret->type, image_type_to_string(image->type)) < 0 ||
            describe_partitions(layer->dissected, ret) < 0 || describe_fit(o, l, i, &ret->misfit) < 0)
                return error_set_oom(error);
        return describe_policy(o, layer, &ret->policy, error);
}

int describe_layers(struct operation *o, const struct layers *l, struct image_metadata *ret,
                    struct error *error)
{
        int r = operation_ask(o, error);

        if (r < 0)
                return r;
        ret->layers = calloc(l->n, sizeof(*ret->layers));
        if (!ret->layers)
                return error_set_oom(error);
        while (r >= 0 && ret->n_layers < l->n) {
                size_t i = ret->n_layers++;

                r = describe_layer(o, l, i, ret->layers + i, error);
        }
        return r;
}
