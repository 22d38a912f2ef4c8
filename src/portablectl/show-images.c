/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "portablectl/daemon.h"
#include "portablectl/show.h"
#include "portablectl/table.h"
#include "portablectl/terminal.h"

static const char *state_colour(const char *state)
{
        return strncmp(state, "running", 7) == 0    ? "\033[32m"
               : strncmp(state, "detached", 8) == 0 ? "\033[2m"
                                                    : NULL;
}

static int row_add(struct libscols_table *tb, const struct image_row *row)
{
        char usage[32], crtime[64], mtime[64];
        const char *cells[] = {
                row->name,
                row->type,
                row->read_only ? "yes" : "no",
                format_time(row->crtime, crtime, sizeof(crtime)),
                format_time(row->mtime, mtime, sizeof(mtime)),
                format_bytes(row->usage, usage, sizeof(usage)),
                row->state,
        };

        return table_add(tb, cells, ELEMENTSOF(cells), state_colour(row->state));
}

int show_images(FILE *f, const struct terminal *t, const struct image_table *table, bool legend,
                struct error *error)
{
        static const char *const columns[] = {"NAME", "TYPE", "RO", "CRTIME", "MTIME", "USAGE", "STATE"};
        _cleanup_table_ struct libscols_table *tb = NULL;

        if (table->n == 0) {
                if (legend)
                        fputs("No images.\n", f);
                return 0;
        }
        tb = table_new(t, columns, ELEMENTSOF(columns), legend);
        for (size_t i = 0; tb && i < table->n; i++)
                if (row_add(tb, &table->rows[i]) < 0)
                        return error_set_oom(error);
        if (!tb)
                return error_set_oom(error);
        if (table_print(tb, f, error) < 0)
                return -EIO;
        if (legend)
                fprintf(f, "\n%zu image%s listed.\n", table->n, table->n == 1 ? "" : "s");
        return 0;
}
