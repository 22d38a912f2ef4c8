/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/table.h"

#include <assert.h>
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

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
        /* What has to be shortened is table_fit()'s to say. */
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

/* Of a column that is shortened, however narrow the terminal. */
#define COLUMN_WIDTH_MIN 5U

/* How many columns of the terminal text takes, and with max, how many bytes of it take no more than that. */
static size_t text_width(const char *text, size_t max, size_t *ret_bytes)
{
        mbstate_t state = {};
        size_t width = 0, at = 0;

        while (text[at]) {
                wchar_t c;
                size_t n = mbrtowc(&c, text + at, MB_CUR_MAX, &state);
                int w = n > MB_CUR_MAX ? 1 : wcwidth(c);

                if (n > MB_CUR_MAX) { /* not a character of this locale */
                        n = 1;
                        state = (mbstate_t){};
                }
                if (width + (w > 0 ? (size_t)w : 0) > max)
                        break;
                width += w > 0 ? (size_t)w : 0;
                at += n;
        }
        if (ret_bytes)
                *ret_bytes = at;
        return width;
}

static struct libscols_cell *find_cell(struct libscols_table *tb, size_t row, size_t column)
{
        return scols_line_get_cell(scols_table_get_line(tb, row), column);
}

static size_t column_width(struct libscols_table *tb, size_t column)
{
        struct libscols_cell *header = scols_column_get_header(scols_table_get_column(tb, column));
        size_t width = text_width(scols_cell_get_data(header) ?: "", SIZE_MAX, NULL);

        for (size_t i = 0; i < scols_table_get_nlines(tb); i++) {
                size_t w = text_width(scols_cell_get_data(find_cell(tb, i, column)) ?: "", SIZE_MAX, NULL);

                if (w > width)
                        width = w;
        }
        return width;
}

static int shorten_column(struct libscols_table *tb, size_t column, size_t width, const struct terminal *t)
{
        const char *mark = t->utf8 ? "\xe2\x80\xa6" : "...";
        size_t mark_width = t->utf8 ? 1 : 3;

        for (size_t i = 0; i < scols_table_get_nlines(tb); i++) {
                struct libscols_cell *cell = find_cell(tb, i, column);
                const char *text = scols_cell_get_data(cell) ?: "";
                char *shorter;
                size_t n;

                if (text_width(text, SIZE_MAX, NULL) <= width)
                        continue;
                text_width(text, width - mark_width, &n);
                if (asprintf(&shorter, "%.*s%s", (int)n, text, mark) < 0)
                        return -ENOMEM;
                if (scols_cell_refer_data(cell, shorter) < 0) {
                        free(shorter);
                        return -ENOMEM;
                }
        }
        return 0;
}

int table_fit(struct libscols_table *tb, unsigned width, unsigned columns, const struct terminal *t)
{
        size_t n = scols_table_get_ncols(tb), widths[32] = {}, sum = n - 1;
        int r = 0;

        assert(n <= ELEMENTSOF(widths));
        for (size_t i = 0; i < n; i++)
                sum += widths[i] = column_width(tb, i);
        while (sum > width) {
                size_t widest = n;

                for (size_t i = 0; i < n; i++)
                        if (columns & (1U << i) && widths[i] > COLUMN_WIDTH_MIN &&
                            (widest == n || widths[i] > widths[widest]))
                                widest = i;
                if (widest == n)
                        break;
                widths[widest]--;
                sum--;
        }
        for (size_t i = 0; i < n && r >= 0; i++)
                if (columns & (1U << i))
                        r = shorten_column(tb, i, widths[i], t);
        return r;
}

int table_print(struct libscols_table *tb, FILE *f, struct error *error)
{
        scols_table_set_stream(tb, f);
        return scols_print_table(tb) < 0 ? error_set(error, ERROR_FAILED, EIO, "Cannot print the table") : 0;
}
