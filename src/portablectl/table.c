/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/table.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "portablectl/terminal.h"

#define WIDTH_MAX 65535

void table_free(struct libscols_table *tb)
{
        scols_unref_table(tb);
}

static int add_columns(struct libscols_table *tb, const char *const *columns, size_t n, bool legend,
                       bool underline)
{
        for (size_t i = 0; i < n; i++) {
                struct libscols_column *c = scols_table_new_column(tb, legend ? columns[i] : "", 0, 0);

                if (!c)
                        return -ENOMEM;
                if (underline)
                        scols_cell_set_color(scols_column_get_header(c), "\033[4m");
        }
        return 0;
}

struct libscols_table *table_new(const struct terminal *t, const char *const *columns, size_t n, bool legend)
{
        _cleanup_table_ struct libscols_table *tb = scols_new_table();

        if (!tb || add_columns(tb, columns, n, legend, t->colours) < 0)
                return NULL;
        scols_table_enable_colors(tb, t->colours);
        scols_table_enable_noheadings(tb, !legend);
        scols_table_set_column_separator(tb, " ");
        /* Names are shown whole, however narrow the terminal: a pager can scroll. */
        scols_table_set_termforce(tb, SCOLS_TERMFORCE_ALWAYS);
        scols_table_set_termwidth(tb, WIDTH_MAX);
        scols_table_enable_nowrap(tb, true);
        scols_table_enable_noencoding(tb, true); /* table_add() does that */
        return steal_pointer(tb);
}

int table_add(struct libscols_table *tb, const char *const *cells, size_t n, const char *colour)
{
        struct libscols_line *l = scols_table_new_line(tb, NULL);

        if (!l)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *cell = text_escape(cells[i] ?: "");

                if (!cell || scols_line_set_data(l, i, cell) < 0)
                        return -ENOMEM;
        }
        scols_cell_set_color(scols_line_get_cell(l, n - 1), colour);
        return 0;
}

int table_print(struct libscols_table *tb, FILE *f, struct error *error)
{
        scols_table_set_stream(tb, f);
        return scols_print_table(tb) < 0 ? error_set(error, ERROR_FAILED, EIO, "Cannot print the table") : 0;
}
