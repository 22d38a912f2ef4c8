/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/strv.h"
#include "basic/text.h"

static void image_row_clear(struct image_row *r)
{
        free(r->name);
        free(r->path);
        free(r->type);
        free(r->state);
        free(r->profile);
        free(r->definition);
        *r = (struct image_row){};
}

void image_table_cut(struct image_table *t, size_t n)
{
        for (size_t i = n; i < t->n; i++)
                image_row_clear(t->rows + i);
        t->n = n;
}

static void image_table_clear(struct image_table *t)
{
        image_table_cut(t, 0);
        free(t->rows);
        *t = (struct image_table){};
}

static void files_free(struct image_file *files, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(files[i].name);
                free(files[i].content);
        }
        free(files);
}

static void image_layer_clear(struct image_layer *l)
{
        for (size_t i = 0; i < l->n_partitions; i++) {
                free(l->partitions[i].designator);
                free(l->partitions[i].architecture);
                free(l->partitions[i].file_system);
                free(l->partitions[i].use);
        }
        free(l->partitions);
        free(l->path);
        free(l->type);
        free(l->version);
        free(l->policy);
        free(l->misfit);
}

void image_metadata_clear(struct image_metadata *m)
{
        free(m->path);
        free(m->release.name);
        free(m->release.content);
        files_free(m->extensions, m->n_extensions);
        files_free(m->units, m->n_units);
        for (size_t i = 0; i < m->n_layers; i++)
                image_layer_clear(m->layers + i);
        free(m->layers);
        strv_free(m->sandbox);
        strv_free(m->sandbox_missing);
        *m = (struct image_metadata){};
}

static void named_state_clear(struct named_state *s)
{
        free(s->state);
        free(s->version);
        free(s->nearest);
        free(s->own);
        *s = (struct named_state){};
}

void operation_result_clear(struct operation_result *r)
{
        free(r->image);
        change_list_clear(&r->removed);
        change_list_clear(&r->updated);
        free(r->image_path);
        free(r->replaced);
        strv_free(r->warnings);
        error_clear(&r->error);
        *r = (struct operation_result){};
}

static void fields_clear(struct image_fields *l)
{
        for (size_t i = 0; i < l->n; i++) {
                free(l->items[i].key);
                free(l->items[i].value);
        }
        free(l->items);
}

static void events_clear(struct image_events *l)
{
        for (size_t i = 0; i < l->n; i++) {
                free(l->items[i].verb);
                free(l->items[i].name);
                free(l->items[i].path);
                strv_free(l->items[i].units);
                free(l->items[i].replaced);
        }
        free(l->items);
}

void result_clear(struct result *r)
{
        free(r->object);
        image_table_clear(&r->images);
        strv_free(r->names);
        image_metadata_clear(&r->metadata);
        fields_clear(&r->fields);
        named_state_clear(&r->state);
        change_list_clear(&r->removed);
        change_list_clear(&r->updated);
        for (size_t i = 0; i < r->outcomes.n; i++)
                operation_result_clear(r->outcomes.items + i);
        free(r->outcomes.items);
        events_clear(&r->events);
        *r = (struct result){};
}

int image_file_set(struct image_file *f, const char *name, const void *content, size_t size)
{
        f->name = strdup(name);
        f->content = text_copy(content, size);
        if (!f->name || !f->content)
                return -ENOMEM;
        f->size = size;
        return 0;
}

static int row_compare(const void *a, const void *b)
{
        return strcmp(((const struct image_row *)a)->name, ((const struct image_row *)b)->name);
}

static int file_compare(const void *a, const void *b)
{
        return strcmp(((const struct image_file *)a)->name, ((const struct image_file *)b)->name);
}

void result_sort(struct result *r)
{
        if (r->images.n > 0)
                qsort(r->images.rows, r->images.n, sizeof(*r->images.rows), row_compare);
        if (r->metadata.n_units > 0)
                qsort(r->metadata.units, r->metadata.n_units, sizeof(*r->metadata.units), file_compare);
}

void result_drop_silent(struct result *r)
{
        for (size_t i = 0; i < r->outcomes.n; i++) {
                change_list_drop_silent(&r->outcomes.items[i].removed);
                change_list_drop_silent(&r->outcomes.items[i].updated);
        }
}

int result_take_one(struct result *r, struct error *error)
{
        struct operation_result *one = r->outcomes.items;

        if (error_is_set(&one->error)) {
                int errnum = one->error.errnum;

                error_move(error, &one->error);
                return -errnum;
        }
        r->removed = one->removed;
        r->updated = one->updated;
        one->removed = one->updated = (struct change_list){};
        return 0;
}
