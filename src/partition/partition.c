/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "partition/partition.h"

#include <stdio.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "basic/text.h"

#define DESCRIBED_MAX 16

void partition_table_clear(struct partition_table *t)
{
        for (size_t i = 0; i < t->n; i++) {
                free(t->items[i].label);
                free(t->items[i].fstype);
        }
        free(t->items);
        *t = (struct partition_table){};
}

static void partition_print(FILE *f, const struct partition *p)
{
        _cleanup_free_ char *label = p->label ? text_escape(p->label) : NULL;

        fprintf(f, "%u (%s", p->number, designator_to_string(p->designator));
        if (p->architecture)
                fprintf(f, " for %s", p->architecture);
        if (p->designator == DESIGNATOR_OTHER)
                fprintf(f, " type %s", p->type);
        if (label)
                fprintf(f, ", label '%s'", label);
        if (p->no_auto)
                fputs(", no-auto", f);
        fputc(')', f);
}

char *partition_describe(const struct partition *p)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        if (p->number == 0) {
                fputs("the file system", f);
        } else {
                fputs("partition ", f);
                partition_print(f, p);
        }
        return text_stream_finish(f, &text);
}

char *partition_table_describe(const struct partition_table *t)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        for (size_t i = 0; i < t->n && i < DESCRIBED_MAX; i++) {
                if (i > 0)
                        fputs(", ", f);
                partition_print(f, t->items + i);
        }
        if (t->n > DESCRIBED_MAX)
                fprintf(f, " and %zu more", t->n - DESCRIBED_MAX);
        if (t->n == 0)
                fputs("none", f);
        return text_stream_finish(f, &text);
}
