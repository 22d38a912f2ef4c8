/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/show-status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/text.h"
#include "operation/status.h"
#include "plan/kind.h"
#include "portablectl/client.h"
#include "portablectl/json.h"
#include "portablectl/show-layers.h"
#include "portablectl/table.h"

static const char *const contents[] = {
        [CONTENT_UNKNOWN] = NULL,
        [CONTENT_SAME] = "same",
        [CONTENT_CHANGED] = "changed",
        [CONTENT_GONE] = "gone",
};

/* The field that all log lines of the image's services have. */
static char *journal_match(const struct attachment *a)
{
        char *s;

        return asprintf(&s, "PORTABLE%s=%s", a->paths[1] ? "_ROOT" : "", path_base(a->paths[0])) < 0 ? NULL
                                                                                                     : s;
}

/* The journal takes no fields from the service managers of users: there it is all of the units. */
static char *journal_units(const struct attachment *a)
{
        _cleanup_strv_ char **words = NULL;

        for (size_t i = 0; i < a->n_units; i++) {
                _cleanup_free_ char *option = NULL;

                if (asprintf(&option, "--user-unit=%s", a->units[i].name) < 0) {
                        option = NULL;
                        return NULL;
                }
                if (strv_consume(&words, text_quote(option)) < 0)
                        return NULL;
        }
        return strv_join(words, " ");
}

static char *journal_words(const struct client *client, const struct attachment *a)
{
        _cleanup_free_ char *match = NULL;

        if (client->options->user)
                return journal_units(a);
        match = journal_match(a);
        return match ? text_quote(match) : NULL;
}

static void show_pair(const char *key, const char *value, const char *note)
{
        _cleanup_free_ char *escaped = text_escape(value);

        printf("%10s: %s%s%s\n", key, escaped ? escaped : "", note ? " " : "", note ? note : "");
}

static const char *const runs_names[] = {
        [RUNS_UNKNOWN] = NULL,
        [RUNS_CURRENT] = "current",
        [RUNS_PREVIOUS] = "previous",
        [RUNS_REPLACED] = "replaced",
};

static const char *runs_note(enum unit_runs runs)
{
        return runs == RUNS_PREVIOUS   ? "still runs from before the last reattach"
               : runs == RUNS_REPLACED ? "still runs from before the image was replaced"
                                       : "";
}

static const char *content_note(const struct status_unit *u)
{
        return u->content == CONTENT_CHANGED ? "differs from the one in the image"
               : u->content == CONTENT_GONE  ? "is no longer in the image"
                                             : "";
}

static int add_row(struct libscols_table *tb, const char *key, const char *name, const char *active,
                   const char *file_state, const char *note)
{
        char first[16];
        const char *cells[] = {first, name, active ? active : "-", file_state ? file_state : "-", note};

        snprintf(first, sizeof(first), "%10s", key);
        return table_add(tb, cells, ELEMENTSOF(cells), "\033[1;33m");
}

static int show_units(const struct client *client, const struct attachment *a, struct error *error)
{
        static const char *const columns[] = {"", "UNIT", "ACTIVE", "FILE", "NOTE"};
        _cleanup_table_ struct libscols_table *tb =
                table_new(&client->terminal, columns, ELEMENTSOF(columns), false);

        for (size_t i = 0; tb && i < a->n_units; i++) {
                const struct status_unit *u = &a->units[i];
                const char *content = content_note(u), *running = runs_note(u->runs);
                _cleanup_free_ char *note = NULL;

                if (asprintf(&note, "%s%s%s", content, *content && *running ? "; " : "", running) < 0) {
                        note = NULL;
                        return error_set_oom(error);
                }
                if (add_row(tb, i ? "" : "Units:", u->name, u->active, u->file_state, note) < 0)
                        return error_set_oom(error);
                for (size_t k = 0; k < u->n_instances; k++)
                        if (add_row(tb, "", u->instances[k].name, u->instances[k].active, "",
                                    runs_note(u->instances[k].runs)) < 0)
                                return error_set_oom(error);
        }
        return tb ? table_print(tb, stdout, error) : error_set_oom(error);
}

static const char *state_colour(const struct client *client, const struct attachment *a)
{
        const char *colour = "";

        for (size_t i = 0; i < a->n_units; i++) {
                const char *active = a->units[i].active ? a->units[i].active : "";

                if (strcmp(active, "failed") == 0)
                        return client->terminal.colours ? "\033[1;31m" : "";
                if (strcmp(active, "active") == 0)
                        colour = "\033[1;32m";
        }
        return client->terminal.colours ? colour : "";
}

static int show_attachment(const struct client *client, const struct attachment *a, struct error *error)
{
        _cleanup_free_ char *name = image_name_from_path(a->paths[0]),
                            *escaped = name ? text_escape(name) : NULL, *words = journal_words(client, a),
                            *log = NULL;
        const char *colour = state_colour(client, a);
        int r;

        if (!escaped || !words || asprintf(&log, "journalctl %s", words) < 0) {
                log = NULL;
                return error_set_oom(error);
        }
        printf("%s%s%s %s\n", colour, client->terminal.utf8 ? "●" : "*", *colour ? "\033[0m" : "", escaped);
        for (size_t i = 0; a->paths[i]; i++)
                show_pair(i ? "Extension" : "Image", a->paths[i],
                          strv_contains(a->missing, a->paths[i]) ? "(is not there)" : NULL);
        if (show_layers(&a->layers, 10) < 0)
                return error_set_oom(error);
        if (a->definition)
                show_pair("Definition", a->definition, NULL);
        for (char **path = a->given; path && *path; path++)
                show_pair("Unit file", *path, "(in the place of those in the image)");
        show_pair("Attached", a->directory, a->runtime ? "(until the next boot)" : NULL);
        show_pair("Profile", a->profile ? a->profile : "none", NULL);
        if (a->policy)
                show_pair("Policy", a->policy, NULL);
        r = show_units(client, a, error);
        if (r < 0)
                return r;
        if (a->unread)
                show_pair("Unread", a->unread, NULL);
        show_pair("Log", log, NULL);
        return 0;
}

static int show_text(const struct client *client, const char *image, const struct image_status *s, bool last,
                     struct error *error)
{
        int r = 0;

        if (s->n == 0 && !image && client->options->legend)
                puts("Nothing is attached");
        for (size_t i = 0; i < s->n && r >= 0; i++) {
                if (i > 0)
                        putchar('\n');
                r = show_attachment(client, &s->items[i], error);
        }
        if (s->masked && s->n > 0)
                show_pair("Masked", s->masked, "(nothing can be attached by this name)");
        for (char **u = s->unfinished; last && u && *u; u++)
                show_pair("Unfinished", *u,
                          "(an operation was interrupted; the next one finishes or undoes it)");
        return r;
}

static int put_instances(struct json_object *o, const struct status_unit *u)
{
        _cleanup_json_ struct json_object *array = json_new_array();

        for (size_t i = 0; array && i < u->n_instances; i++) {
                struct json_object *item = json_new_object();

                if (json_append(array, item) < 0 ||
                    json_put_string(item, "name", u->instances[i].name) < 0 ||
                    json_put_string(item, "active", u->instances[i].active) < 0 ||
                    json_put_string(item, "runs", runs_names[u->instances[i].runs]) < 0)
                        return -ENOMEM;
        }
        return json_put(o, "instances", steal_pointer(array));
}

static int put_units(struct json_object *o, const struct attachment *a)
{
        _cleanup_json_ struct json_object *array = json_new_array();

        for (size_t i = 0; array && i < a->n_units; i++) {
                const struct status_unit *u = &a->units[i];
                struct json_object *item = json_new_object();

                if (json_append(array, item) < 0 || json_put_string(item, "name", u->name) < 0 ||
                    json_put_string(item, "active", u->active) < 0 ||
                    json_put_string(item, "file_state", u->file_state) < 0 ||
                    json_put_string(item, "content", contents[u->content]) < 0 ||
                    json_put_string(item, "runs", runs_names[u->runs]) < 0 || put_instances(item, u) < 0)
                        return -ENOMEM;
        }
        return json_put(o, "units", steal_pointer(array));
}

static int put_attachments(struct json_object *o, const struct image_status *s)
{
        _cleanup_json_ struct json_object *array = json_new_array();

        for (size_t i = 0; array && i < s->n; i++) {
                const struct attachment *a = &s->items[i];
                _cleanup_free_ char *match = journal_match(a);
                struct json_object *item = json_new_object();

                if (!match || json_append(array, item) < 0 || json_put_strv(item, "paths", a->paths) < 0 ||
                    json_put_strv(item, "missing", a->missing) < 0 ||
                    json_put_string(item, "directory", a->directory) < 0 ||
                    json_put_bool(item, "runtime", a->runtime) < 0 ||
                    json_put_string(item, "profile", a->profile) < 0 ||
                    json_put_string(item, "policy", a->policy) < 0 ||
                    json_put_string(item, "definition", a->definition) < 0 ||
                    json_put_strv(item, "unit_files", a->given) < 0 || put_layers(item, &a->layers) < 0 ||
                    json_put_string(item, "unread", a->unread) < 0 || put_units(item, a) < 0 ||
                    json_put_string(item, "journal_match", match) < 0)
                        return -ENOMEM;
        }
        return json_put(o, "attachments", steal_pointer(array));
}

static int show_json(const struct client *client, const char *image, const struct image_status *s,
                     struct error *error)
{
        _cleanup_json_ struct json_object *o = json_new_object();

        if (!o || json_put_string(o, "image", image) < 0 ||
            json_put_string(o, "state", portable_state_to_string(s->state)) < 0 ||
            json_put_string(o, "version", s->version) < 0 || json_put_string(o, "masked", s->masked) < 0 ||
            put_attachments(o, s) < 0 || json_put_strv(o, "unfinished", s->unfinished) < 0)
                return error_set_oom(error);
        return json_print(&client->terminal, client->options->json, o, error);
}

int show_status(const struct client *client, const char *image, const struct image_status *s, bool last,
                struct error *error)
{
        return client->options->json != JSON_OFF ? show_json(client, image, s, error)
                                                 : show_text(client, image, s, last, error);
}
