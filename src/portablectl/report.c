/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/show.h"
#include "portablectl/units.h"
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

/* How many units are named in one line. */
#define UNITS_SHOWN 8U

/* "3 units: a.service, b.service, c.socket" */
static char *name_units(char *const *units)
{
        size_t n = strv_length(units);
        _cleanup_strv_ char **names = NULL;
        _cleanup_free_ char *list = NULL;
        char *text;

        for (size_t i = 0; i < n && i < UNITS_SHOWN; i++)
                if (strv_append(&names, path_base(units[i])) < 0)
                        return NULL;
        if (n > UNITS_SHOWN && strv_appendf(&names, "and %zu more", n - UNITS_SHOWN) < 0)
                return NULL;
        list = strv_join(names, ", ");
        return list && asprintf(&text, "%zu unit%s: %s", n, n == 1 ? "" : "s", list) >= 0 ? text : NULL;
}

static void note_units(const struct client *client, const char *done, const char *would, char *const *units)
{
        _cleanup_free_ char *names = units ? name_units(units) : NULL, *line = NULL;
        const char *begin = client->options->dry_run ? would : done;

        if (!names || asprintf(&line, "%s %s (-v names all files)", begin, names) < 0)
                line = NULL;
        else
                report_note(client, line);
}

/* Who sits at a terminal and attaches several units wants to know which, not where each of the three or four
 * files of each lies. A program that reads our lines gets those that it knows. */
static bool sum_up(const struct client *client, const struct operation_result *changes)
{
        _cleanup_strv_ char **removed = NULL, **updated = NULL;
        _cleanup_error_ struct error error = {};

        if (!client->terminal.errors_shown || client->options->verbose ||
            units_from_changes(client->layout, &changes->removed, true, &removed, &error) < 0 ||
            units_from_changes(client->layout, &changes->updated, false, &updated, &error) < 0 ||
            strv_length(removed) + strv_length(updated) < 2)
                return false;
        note_units(client, "Removed", "Would remove", removed);
        note_units(client, "Attached", "Would attach", updated);
        return true;
}

void report_changes(const struct client *client, const struct operation_result *changes)
{
        bool would = client->options->dry_run;

        if (client->options->json != JSON_OFF || client->options->quiet)
                return;
        if (!sum_up(client, changes)) {
                show_changes(&client->terminal, &changes->removed, would);
                show_changes(&client->terminal, &changes->updated, would);
        }
        for (char *const *w = changes->warnings; w && *w; w++)
                report_note(client, *w);
}
