/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "attached/names.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "operation/missing.h"
#include "portablectl/daemon.h"
#include "portablectl/list-choice.h"
#include "portablectl/options.h"
#include "portablectl/show.h"
#include "portablectl/table.h"
#include "portablectl/terminal.h"

static const char *state_colour(const char *state)
{
        return strncmp(state, "running", 7) == 0    ? "\033[32m"
               : strncmp(state, "detached", 8) == 0 ? "\033[2m"
                                                    : NULL;
}

struct buffers {
        char usage[32], crtime[64], mtime[64];
};

static const char *cell(const struct image_row *row, enum list_column column, struct buffers *b)
{
        bool missing = strcmp(row->type, IMAGE_TYPE_MISSING) == 0;

        switch (column) {
        case LIST_NAME:
                return row->name;
        case LIST_TYPE:
                return row->type;
        case LIST_READ_ONLY:
                return missing ? "-" : row->read_only ? "yes" : "no";
        case LIST_CRTIME:
                return format_time(row->crtime, b->crtime, sizeof(b->crtime));
        case LIST_MTIME:
                return format_time(row->mtime, b->mtime, sizeof(b->mtime));
        case LIST_USAGE:
                return format_bytes(row->usage, b->usage, sizeof(b->usage));
        case LIST_VERSION:
                return attached_name_version(row->name);
        case LIST_PROFILE:
                return row->profile ?: "-";
        case LIST_DEFINITION:
                return row->definition ?: "-";
        case LIST_PATH:
                return row->path ?: "-";
        case LIST_STATE:
        case LIST_COLUMN_MAX:
        default:
                return row->state;
        }
}

static int row_add(struct libscols_table *tb, const struct list_choice *c, const struct image_row *row)
{
        const char *cells[LIST_COLUMN_MAX] = {};
        struct buffers b;

        for (size_t i = 0; i < c->n_columns; i++)
                cells[i] = cell(row, c->columns[i], &b);
        return table_add(tb, cells, c->n_columns,
                         c->columns[c->n_columns - 1] == LIST_STATE ? state_colour(row->state) : NULL);
}

/* The state is what people look for. */
static unsigned columns_to_shorten(const struct list_choice *c)
{
        unsigned bits = 0;

        for (size_t i = 0; i < c->n_columns; i++)
                if (c->columns[i] != LIST_STATE)
                        bits |= 1U << i;
        return bits;
}

int show_images(FILE *f, const struct terminal *t, const struct list_choice *choice,
                const struct image_table *table, const struct options *options, struct error *error)
{
        const char *titles[LIST_COLUMN_MAX];
        _cleanup_table_ struct libscols_table *tb = NULL;

        if (table->n == 0) {
                if (options->legend)
                        fputs("No images.\n", f);
                return 0;
        }
        for (size_t i = 0; i < choice->n_columns; i++)
                titles[i] = list_column_title(choice->columns[i]);
        tb = table_new(t, titles, choice->n_columns, options->legend);
        for (size_t i = 0; tb && i < table->n; i++)
                if (row_add(tb, choice, &table->rows[i]) < 0)
                        return error_set_oom(error);
        if (!tb ||
            (t->shown && !options->full && table_fit(tb, t->columns, columns_to_shorten(choice), t) < 0))
                return error_set_oom(error);
        if (table_print(tb, f, error) < 0)
                return -EIO;
        if (options->legend)
                fprintf(f, "\n%zu image%s listed.\n", table->n, table->n == 1 ? "" : "s");
        return 0;
}
