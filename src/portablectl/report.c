/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/show.h"
#include "wire/error-names.h"

void failures_clear(struct failures *f)
{
        for (size_t i = 0; i < f->n; i++) {
                free(f->items[i].name);
                free(f->items[i].message);
                free(f->items[i].unit);
        }
        free(f->items);
        *f = (struct failures){};
}

/* Out of memory it is not kept; it is told all the same. */
static void keep(struct failures *f, const char *unit, const struct error *error)
{
        struct failure *grown = f ? reallocarray(f->items, f->n + 1, sizeof(*grown)) : NULL;
        struct failure new = {};

        if (!grown)
                return;
        f->items = grown;
        new.name = strdup(error_bus_name(error));
        new.message = strdup(error_message(error));
        new.unit = unit ? strdup(unit) : NULL;
        grown[f->n++] = new;
}

void report_keep(const struct client *client, const struct error *error)
{
        keep(client->failures, NULL, error);
}

int report_unit_failure(const struct client *client, const char *unit, const struct error *error)
{
        terminal_error(&client->terminal, error_message(error));
        keep(client->failures, unit, error);
        return error->errnum > 0 ? -error->errnum : -EIO;
}

int report_failure(const struct client *client, const struct error *error)
{
        return report_unit_failure(client, NULL, error);
}

void report_note(const struct client *client, const char *text)
{
        _cleanup_strv_ char **lines = NULL;

        /* A text of several lines is a block; within a line nothing may look like another one. */
        if (strv_split(text, "\n", &lines) < 0)
                return;
        for (char **line = lines; line && *line; line++) {
                _cleanup_free_ char *escaped = text_escape(*line);

                if (escaped)
                        terminal_note("%s%s", line == lines ? "" : "  ", escaped);
        }
}

void report_changes(const struct client *client, const struct operation_result *changes)
{
        if (client->options->json != JSON_OFF || client->options->quiet)
                return;
        show_changes(&client->terminal, &changes->removed);
        show_changes(&client->terminal, &changes->updated);
        for (char *const *w = changes->warnings; w && *w; w++)
                report_note(client, *w);
}
