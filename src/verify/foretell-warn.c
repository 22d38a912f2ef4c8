/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "basic/text.h"
#include "operation/prepare.h"
#include "verify/findings.h"
#include "verify/foretell.h"

/* Lines of a block, and units named in its head; there is a limit to what is read. */
#define LINES_MAX 12U
#define UNITS_MAX 3U

/* What all findings of one severity have in one field, each once. */
struct column {
        char **items;
};

static void column_clear(struct column *c)
{
        strv_free(c->items);
}

static int column_add(struct column *c, const char *s)
{
        return s && !strv_contains(c->items, s) ? strv_append(&c->items, s) : 0;
}

/* "a, b and 3 more" */
static void write_list(FILE *f, char *const *items, const char *separator, size_t max)
{
        size_t n = 0;

        for (; items && items[n] && n < max; n++)
                fprintf(f, "%s%s", n ? separator : "", items[n]);
        if (n == max && items[n])
                fprintf(f, " and %zu more", strv_length(items + n));
}

static int add_line(struct column *lines, const struct finding *one)
{
        _cleanup_free_ char *line = NULL;
        size_t n = one->setting ? strcspn(one->setting, "=") : 0;

        if (asprintf(&line, "%s%s%.*s%s", one->text, n ? " (" : "", (int)n, n ? one->setting : "",
                     n ? "=)" : "") < 0) {
                line = NULL;
                return -ENOMEM;
        }
        return column_add(lines, line);
}

static void write_remedy(FILE *f, const char *where, char *const *items)
{
        if (!items)
                return;
        fprintf(f, "\n%s: ", where);
        write_list(f, items, "; ", LINES_MAX);
}

/* All that keeps services from starting, as one text of several lines. */
static int add_block(const struct prepared *p, const struct findings *found, char ***warnings)
{
        _cleanup_(column_clear) struct column units = {}, lines = {}, in_image = {}, on_host = {};
        char *text = NULL;
        size_t size, n;
        FILE *f;

        for (size_t i = 0; i < found->n; i++) {
                const struct finding *one = found->items + i;

                if (finding_severity(one) == FINDING_ERROR &&
                    (column_add(&units, one->unit) < 0 || add_line(&lines, one) < 0 ||
                     column_add(&in_image, one->in_image) < 0 || column_add(&on_host, one->on_host) < 0))
                        return -ENOMEM;
        }
        if (!lines.items)
                return 0;
        n = strv_length(lines.items);
        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        fprintf(f, "%zu warning%s: ", n, n == 1 ? "" : "s");
        write_list(f, units.items, ", ", UNITS_MAX);
        fprintf(f, " will not start under profile '%s':", p->profile.name);
        for (size_t i = 0; i < n && i < LINES_MAX; i++)
                fprintf(f, "\n- %s", lines.items[i]);
        if (n > LINES_MAX)
                fprintf(f, "\n- and %zu more", n - LINES_MAX);
        write_remedy(f, "In the image", in_image.items);
        write_remedy(f, "On the host", on_host.items);
        return strv_consume(warnings, text_stream_finish(f, &text));
}

int foretell_warn(struct operation *o, const struct prepared *p, char ***warnings, struct error *error)
{
        _cleanup_findings_ struct findings found = {};
        int r = foretell_units(o, p, false, &found, error);

        if (r < 0)
                return r;
        if (add_block(p, &found, warnings) < 0)
                return error_set_oom(error);
        for (size_t i = 0; i < found.n; i++) {
                const struct finding *one = found.items + i;
                char *line;

                if (finding_severity(one) != FINDING_WARNING)
                        continue;
                if (asprintf(&line, "%s: %s", one->unit, one->text) < 0)
                        line = NULL;
                if (strv_consume(warnings, line) < 0)
                        return error_set_oom(error);
        }
        return 0;
}
