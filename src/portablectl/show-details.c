/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "portablectl/show.h"
#include "portablectl/terminal.h"
#include "wire/result.h"

/* "key: value", if there is any. */
static void print_line(const char *key, const char *value)
{
        _cleanup_free_ char *escaped = value && *value ? text_escape(value) : NULL;

        if (escaped)
                printf("\t%s: %s\n", key, escaped);
}

static void print_partition(const struct image_partition *p)
{
        _cleanup_free_ char *designator = text_escape(p->designator), *fs = text_escape(p->file_system);
        char size[32];

        if (p->number > 0)
                printf("\tPartition %" PRIu64 ": %s, ", p->number, designator ?: "");
        else
                printf("\tFile system: ");
        if (fs && *fs)
                printf("%s, ", fs);
        printf("%s, %s\n", format_bytes(p->size, size, sizeof(size)), p->use);
}

static void print_layer(const struct terminal *t, const struct image_layer *l, bool base)
{
        _cleanup_free_ char *path = text_escape(l->path);
        char size[32];

        show_heading(t, "", base ? "Image details" : "Extension details");
        printf("\t%s\n\tType: %s%s\n", path ?: "", l->type, l->read_only ? ", read-only" : "");
        if (l->size != UINT64_MAX)
                printf("\tSize: %s\n", format_bytes(l->size, size, sizeof(size)));
        print_line("Version", l->version);
        for (size_t i = 0; i < l->n_partitions; i++)
                print_partition(l->partitions + i);
        print_line("Policy when attached", l->policy);
        print_line(base ? "Cannot be attached" : "Does not fit", l->misfit);
}

void show_details(const struct terminal *t, const struct image_metadata *m)
{
        for (size_t i = 0; i < m->n_layers; i++)
                print_layer(t, m->layers + i, i == 0);
}
