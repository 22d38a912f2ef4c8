/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portablectl/daemon.h"
#include "portablectl/show.h"
#include "portablectl/terminal.h"

#define WIDTH_MAX 65535

enum { COLUMN_NAME, COLUMN_TYPE, COLUMN_RO, COLUMN_CRTIME, COLUMN_MTIME, COLUMN_USAGE, COLUMN_STATE };

static void cleanup_tablep(struct libscols_table **tb)
{
        scols_unref_table(*tb);
}

static int columns_add(struct libscols_table *tb, bool legend, bool underline)
{
        static const char *const names[] = {"NAME", "TYPE", "RO", "CRTIME", "MTIME", "USAGE", "STATE"};

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                struct libscols_column *c = scols_table_new_column(tb, legend ? names[i] : "", 0, 0);

                if (!c)
                        return -ENOMEM;
                if (underline)
                        scols_cell_set_color(scols_column_get_header(c), "\033[4m");
        }
        return 0;
}

static const char *state_colour(const char *state)
{
        return strncmp(state, "running", 7) == 0    ? "\033[32m"
               : strncmp(state, "detached", 8) == 0 ? "\033[2m"
                                                    : NULL;
}

static int row_add(struct libscols_table *tb, const struct image_row *row)
{
        struct libscols_line *l = scols_table_new_line(tb, NULL);
        char usage[32], crtime[64], mtime[64];
        const char *cells[] = {
                [COLUMN_NAME] = row->name,
                [COLUMN_TYPE] = row->type,
                [COLUMN_RO] = row->read_only ? "yes" : "no",
                [COLUMN_CRTIME] = format_time(row->crtime, crtime, sizeof(crtime)),
                [COLUMN_MTIME] = format_time(row->mtime, mtime, sizeof(mtime)),
                [COLUMN_USAGE] = format_bytes(row->usage, usage, sizeof(usage)),
                [COLUMN_STATE] = row->state,
        };

        if (!l)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(cells); i++)
                if (scols_line_set_data(l, i, cells[i]) < 0)
                        return -ENOMEM;
        scols_cell_set_color(scols_line_get_cell(l, COLUMN_STATE), state_colour(row->state));
        return 0;
}

int show_images(FILE *f, const struct terminal *t, const struct image_table *table, bool legend,
                struct error *error)
{
        _cleanup_(cleanup_tablep) struct libscols_table *tb = NULL;

        if (table->n == 0) {
                if (legend)
                        fputs("No images.\n", f);
                return 0;
        }
        tb = scols_new_table();
        if (!tb || columns_add(tb, legend, t->colours) < 0)
                return error_set_oom(error);
        scols_table_enable_colors(tb, t->colours);
        scols_table_enable_noheadings(tb, !legend);
        scols_table_set_column_separator(tb, " ");
        /* Names are shown whole, however narrow the terminal: a pager can scroll. */
        scols_table_set_termforce(tb, SCOLS_TERMFORCE_ALWAYS);
        scols_table_set_termwidth(tb, WIDTH_MAX);
        scols_table_enable_nowrap(tb, true);
        scols_table_set_stream(tb, f);
        for (size_t i = 0; i < table->n; i++)
                if (row_add(tb, &table->rows[i]) < 0)
                        return error_set_oom(error);
        if (scols_print_table(tb) < 0)
                return error_set(error, ERROR_FAILED, EIO, "Cannot print the table of images");
        if (legend)
                fprintf(f, "\n%zu images listed.\n", table->n);
        return 0;
}
