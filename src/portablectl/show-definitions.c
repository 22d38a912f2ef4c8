/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/show-definitions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "portablectl/apply-state.h"
#include "portablectl/client.h"
#include "portablectl/json.h"
#include "portablectl/report.h"
#include "portablectl/show.h"
#include "portablectl/table.h"
#include "wire/error-names.h"

void show_warnings_of(const struct client *client, const struct apply *a)
{
        for (char **line = a->definitions.warnings; line && *line; line++)
                report_note(client, *line);
}

static const char *note_of(const struct apply_item *i)
{
        if (error_is_set(&i->error))
                return error_message(&i->error);
        if (i->state == DEFINITION_FAILED)
                return i->bad;
        return i->definition && i->definition->description ? i->definition->description : "";
}

/* "base + extension". */
static char *join_names(char *const *names)
{
        return strv_length(names) > 0 ? strv_join(names, " + ") : strdup("-");
}

static int add_row(struct libscols_table *tb, const struct apply_item *i)
{
        _cleanup_free_ char *from = join_names(i->from), *to = join_names(i->to),
                            *note = text_escape(note_of(i));
        const char *cells[] = {i->name, i->definition ? definition_state_to_string(i->state) : "gone", from,
                               i->definition ? to : "-", note};

        return from && to && note ? table_add(tb, cells, ELEMENTSOF(cells),
                                              definition_state_is_failure(i->state) ? "\033[1;31m" : NULL)
                                  : -ENOMEM;
}

static int show_table(struct client *client, const struct apply *a, struct error *error)
{
        static const char *const columns[] = {"NAME", "STATE", "ATTACHED", "WANTED", "NOTE"};
        _cleanup_table_ struct libscols_table *tb = NULL;

        if (a->n == 0) {
                if (client->options->legend)
                        puts("No definitions");
                return 0;
        }
        tb = table_new(&client->terminal, columns, ELEMENTSOF(columns), client->options->legend);
        for (size_t i = 0; tb && i < a->n; i++)
                if (add_row(tb, a->items + i) < 0)
                        return error_set_oom(error);
        return tb ? table_print(tb, stdout, error) : error_set_oom(error);
}

/* {image, extensions}, or null. */
static int put_images(struct json_object *o, const char *key, char *const *names)
{
        struct json_object *images;

        if (strv_length(names) == 0)
                return json_put_string(o, key, NULL);
        images = json_new_object();
        if (!images || json_put_string(images, "image", names[0]) < 0 ||
            json_put_strv(images, "extensions", names + 1) < 0) {
                json_free(images);
                return -ENOMEM;
        }
        return json_put(o, key, images);
}

static int put_action(struct json_object *array, const struct unit_action *action)
{
        struct json_object *o = json_new_object();

        if (json_append(array, o) < 0 || json_put_string(o, "type", action->type) < 0 ||
            json_put_string(o, "unit", action->unit) < 0 || json_put_string(o, "path", action->path) < 0 ||
            json_put_string(o, "before", action->before) < 0)
                return -ENOMEM;
        return json_put_string(o, "after", action->after);
}

static int put_changes(struct json_object *array, const struct change_list *l)
{
        for (size_t i = 0; i < l->n; i++)
                if (put_action(array, &(struct unit_action){.type = change_type_to_string(l->items[i].type),
                                                            .path = l->items[i].path}) < 0)
                        return -ENOMEM;
        return 0;
}

static int put_actions(struct json_object *o, const struct apply_item *i)
{
        _cleanup_json_ struct json_object *array = json_new_array();

        if (!array || (i->result != APPLY_FAILED && (put_changes(array, &i->outcome.removed) < 0 ||
                                                     put_changes(array, &i->outcome.updated) < 0)))
                return -ENOMEM;
        for (size_t k = 0; i->result != APPLY_FAILED && k < i->actions.n; k++)
                if (put_action(array, i->actions.items + k) < 0)
                        return -ENOMEM;
        return json_put(o, "actions", steal_pointer(array));
}

static int put_error(struct json_object *o, const struct error *e)
{
        struct json_object *error;

        if (!error_is_set(e))
                return json_put_string(o, "error", NULL);
        error = json_new_object();
        if (!error || json_put_string(error, "name", error_bus_name(e)) < 0 ||
            json_put_string(error, "message", error_message(e)) < 0) {
                json_free(error);
                return -ENOMEM;
        }
        return json_put(o, "error", error);
}

static bool is_changed(const struct apply_item *i)
{
        return i->result == APPLY_APPLIED || i->result == APPLY_DEGRADED || i->result == APPLY_UPDATED;
}

/* {image, since, reason} of the newer version if that did not run well, or null. */
static int put_bad(struct json_object *o, const struct apply_item *i)
{
        struct json_object *bad;

        if (!i->bad)
                return json_put_string(o, "bad", NULL);
        bad = json_new_object();
        if (!bad || json_put_string(bad, "image", i->newer) < 0 ||
            json_put_u64(bad, "since", i->bad_since, 0) < 0 || json_put_string(bad, "reason", i->bad) < 0) {
                json_free(bad);
                return -ENOMEM;
        }
        return json_put(o, "bad", bad);
}

static int put_definition(struct json_object *array, const struct apply_item *i)
{
        struct json_object *o = json_new_object();

        if (json_append(array, o) < 0 || json_put_string(o, "name", i->name) < 0 ||
            json_put_string(o, "path", i->definition->path) < 0 ||
            json_put_string(o, "description", i->definition->description) < 0 ||
            json_put_string(o, "state", definition_state_to_string(i->state)) < 0 ||
            json_put_bool(o, "changed", is_changed(i)) < 0 || put_images(o, "from", i->from) < 0 ||
            put_images(o, "to", i->to) < 0 || json_put_string(o, "newer", i->newer) < 0 ||
            put_bad(o, i) < 0 || json_put_string(o, "result", apply_result_to_string(i->result)) < 0 ||
            put_actions(o, i) < 0 || json_put_strv(o, "warnings", i->outcome.warnings) < 0)
                return -ENOMEM;
        return put_error(o, &i->error);
}

static int put_orphan(struct json_object *array, const struct apply_item *i)
{
        struct json_object *o = json_new_object();

        if (json_append(array, o) < 0 || json_put_string(o, "image", i->from[0]) < 0 ||
            json_put_string(o, "definition", i->name) < 0 || json_put_bool(o, "changed", is_changed(i)) < 0)
                return -ENOMEM;
        return put_error(o, &i->error);
}

static int put_all(struct json_object *o, const struct apply *a)
{
        _cleanup_json_ struct json_object *definitions = json_new_array(), *orphans = json_new_array();
        int r = definitions && orphans ? 0 : -ENOMEM;

        for (size_t i = 0; i < a->n && r >= 0; i++)
                r = a->items[i].definition ? put_definition(definitions, a->items + i)
                                           : put_orphan(orphans, a->items + i);
        if (r >= 0)
                r = json_put(o, "definitions", steal_pointer(definitions));
        return r < 0 ? r : json_put(o, "orphans", steal_pointer(orphans));
}

static int show_json(struct client *client, const struct apply *a, const struct error *whole,
                     struct error *error)
{
        _cleanup_json_ struct json_object *o = json_new_object();
        bool changed = false;

        for (size_t i = 0; i < a->n; i++)
                changed = changed || is_changed(a->items + i);
        if (!o || json_put_bool(o, "changed", changed) < 0 ||
            json_put_bool(o, "dry_run", client->options->dry_run) < 0 || put_all(o, a) < 0 ||
            put_error(o, whole) < 0)
                return error_set_oom(error);
        return json_print(&client->terminal, client->options->json, o, error);
}

int show_definitions(struct client *client, const struct apply *a, struct error *error)
{
        return client->options->json != JSON_OFF ? show_json(client, a, NULL, error)
                                                 : show_table(client, a, error);
}

static void show_failure(struct client *client, const struct apply_item *i, const char *verb)
{
        _cleanup_error_ struct error e = {};

        (void)error_set(&e, i->error.kind, i->error.errnum, "Cannot %s definition '%s': %s", verb, i->name,
                        error_message(&i->error));
        terminal_error(&client->terminal, error_message(&e));
}

static void show_item(struct client *client, const struct apply_item *i)
{
        if (i->result == APPLY_APPLIED && client->options->dry_run)
                report_changes(client, &i->outcome);
        if (i->result == APPLY_FAILED ||
            (i->result == APPLY_DEGRADED && error_is_set(&i->error) && !i->told))
                show_failure(client, i, "apply");
        for (size_t k = 0; client->options->dry_run && !client->options->quiet && k < i->actions.n &&
                           i->result == APPLY_APPLIED && client->options->json == JSON_OFF;
             k++)
                terminal_note("Would %s %s", i->actions.items[k].type, i->actions.items[k].unit);
}

static void show_summary(struct client *client, const struct apply *a)
{
        size_t n[APPLY_RESULT_MAX] = {}, orphans = 0, changed;

        if (client->options->quiet || client->options->json != JSON_OFF)
                return;
        for (size_t i = 0; i < a->n; i++) {
                bool left = !a->items[i].definition && a->items[i].result == APPLY_NONE;

                orphans += left;
                n[a->items[i].result] += !left;
        }
        changed = n[APPLY_APPLIED] + n[APPLY_DEGRADED];
        terminal_note("%s%zu definition%s %s, %zu as before, %zu failed",
                      client->options->dry_run ? "Dry run, nothing was changed: " : "", changed,
                      changed == 1 ? "" : "s", client->options->dry_run ? "would be applied" : "applied",
                      n[APPLY_NONE], n[APPLY_FAILED]);
        if (orphans > 0)
                terminal_note(
                        "%zu image%s still attached for definitions that are gone (--prune detaches them)",
                        orphans, orphans == 1 ? "" : "s");
}

int show_applied(struct client *client, const struct apply *a, const struct error *whole,
                 struct error *error)
{
        for (size_t i = 0; i < a->n; i++)
                show_item(client, a->items + i);
        if (!whole)
                show_summary(client, a);
        return client->options->json != JSON_OFF ? show_json(client, a, whole, error) : 0;
}

static void show_update(struct client *client, const struct apply_item *i)
{
        _cleanup_free_ char *from = join_names(i->from), *to = join_names(i->to);

        if (i->result == APPLY_UPDATED && !client->options->quiet && client->options->json == JSON_OFF &&
            from && to)
                terminal_note("Updated '%s' from %s to %s", i->name, from, to);
        if (error_is_set(&i->error) && i->result != APPLY_NONE)
                show_failure(client, i, "update");
}

int show_updated(struct client *client, const struct apply *a, struct error *error)
{
        size_t n[APPLY_RESULT_MAX] = {};

        for (size_t i = 0; i < a->definitions.n; i++) {
                show_update(client, a->items + i);
                n[a->items[i].result]++;
        }
        if (client->options->json != JSON_OFF)
                return show_json(client, a, NULL, error);
        if (!client->options->quiet)
                terminal_note("%zu definition%s updated, %zu went back, %zu failed, %zu as before",
                              n[APPLY_UPDATED], n[APPLY_UPDATED] == 1 ? "" : "s", n[APPLY_ROLLED_BACK],
                              n[APPLY_FAILED] + n[APPLY_DEGRADED], n[APPLY_NONE]);
        return 0;
}
