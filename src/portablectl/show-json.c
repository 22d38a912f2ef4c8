/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/show-json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "extract/extract.h"
#include "extract/release.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/json.h"
#include "portablectl/report.h"
#include "portablectl/request.h"
#include "portablectl/show.h"
#include "wire/error-names.h"

/* Prints it, if it was made without running out of memory. */
static int finish(const struct client *client, struct json_object *o, int r, struct error *error)
{
        return r < 0 ? error_set_oom(error) : json_print(&client->terminal, client->options->json, o, error);
}

static int put_image(struct json_object *array, const struct image_row *row)
{
        _cleanup_json_ struct json_object *o = json_new_object();

        if (!o || json_put_string(o, "name", row->name) < 0 || json_put_string(o, "type", row->type) < 0 ||
            json_put_bool(o, "read_only", row->read_only) < 0 ||
            json_put_u64(o, "crtime", row->crtime, 0) < 0 || json_put_u64(o, "mtime", row->mtime, 0) < 0 ||
            json_put_u64(o, "usage", row->usage, UINT64_MAX) < 0 ||
            json_put_string(o, "state", row->state) < 0)
                return -ENOMEM;
        return json_append(array, steal_pointer(o));
}

int show_json_images(const struct client *client, const struct image_table *table, struct error *error)
{
        _cleanup_json_ struct json_object *array = json_new_array();
        int r = array ? 0 : -ENOMEM;

        for (size_t i = 0; i < table->n && r >= 0; i++)
                r = put_image(array, &table->rows[i]);
        return finish(client, array, r, error);
}

/* The fields of a release file as an object; of one that is set twice the last value counts. */
static int put_release(struct json_object *o, const char *key, const struct image_file *file)
{
        _cleanup_json_ struct json_object *fields_object = json_new_object();
        struct release_field *fields = NULL;
        size_t n = 0;
        int r = fields_object ? release_parse(file->content, file->size, &fields, &n) : -ENOMEM;

        for (size_t i = 0; i < n && r >= 0; i++)
                r = json_put_string(fields_object, fields[i].key, fields[i].value);
        release_fields_free(fields, n);
        return r < 0 ? r : json_put(o, key, steal_pointer(fields_object));
}

/* null for an empty one. */
static int put_known(struct json_object *o, const char *key, const char *s)
{
        return json_put_string(o, key, s && *s ? s : NULL);
}

static int put_text(struct json_object *o, const char *key, const struct image_file *file, bool text)
{
        return text ? json_put(o, key, json_string(file->content, file->size)) : 0;
}

static int put_extensions(struct json_object *o, const struct image_metadata *m, bool text)
{
        _cleanup_json_ struct json_object *array = json_new_array();

        for (size_t i = 0; array && i < m->n_extensions; i++) {
                struct json_object *e = json_new_object();

                if (json_append(array, e) < 0 ||
                    json_put_string(e, "image", *m->extensions[i].name ? m->extensions[i].name : NULL) < 0 ||
                    put_release(e, "release", &m->extensions[i]) < 0 ||
                    put_text(e, "release_text", &m->extensions[i], text) < 0)
                        return -ENOMEM;
        }
        return json_put(o, "extensions", steal_pointer(array));
}

static int put_units(struct json_object *o, const struct image_metadata *m, bool text)
{
        _cleanup_json_ struct json_object *array = json_new_array();

        for (size_t i = 0; array && i < m->n_units; i++) {
                struct json_object *u = json_new_object();
                _cleanup_strv_ char **reach = NULL;

                if (json_append(array, u) < 0 || show_get_reach(m->units + i, &reach) < 0 ||
                    json_put_string(u, "name", m->units[i].name) < 0 ||
                    json_put_strv(u, "beyond_profile", reach) < 0 ||
                    put_text(u, "text", &m->units[i], text) < 0)
                        return -ENOMEM;
        }
        return json_put(o, "units", steal_pointer(array));
}

/* null where the daemon, another one, does not tell. */
static int put_sandbox(struct json_object *o, const struct image_metadata *m)
{
        _cleanup_json_ struct json_object *sandbox = NULL;

        if (!m->sandbox)
                return json_put_string(o, "sandbox", NULL);
        sandbox = json_new_object();
        if (!sandbox || json_put_strv(sandbox, "layers", m->sandbox) < 0 ||
            json_put_strv(sandbox, "missing", m->sandbox_missing) < 0)
                return -ENOMEM;
        return json_put(o, "sandbox", steal_pointer(sandbox));
}

static int put_partitions(struct json_object *o, const struct image_layer *l)
{
        _cleanup_json_ struct json_object *array = json_new_array();

        for (size_t i = 0; array && i < l->n_partitions; i++) {
                const struct image_partition *p = l->partitions + i;
                struct json_object *item = json_new_object();

                if (json_append(array, item) < 0 || json_put_u64(item, "number", p->number, 0) < 0 ||
                    json_put_string(item, "designator", p->designator) < 0 ||
                    put_known(item, "architecture", p->architecture) < 0 ||
                    json_put_u64(item, "offset", p->offset, UINT64_MAX) < 0 ||
                    json_put_u64(item, "size", p->size, UINT64_MAX) < 0 ||
                    put_known(item, "file_system", p->file_system) < 0 ||
                    json_put_string(item, "use", p->use) < 0)
                        return -ENOMEM;
        }
        return json_put(o, "partitions", steal_pointer(array));
}

/* null where the daemon does not tell. */
static int put_layers(struct json_object *o, const struct image_metadata *m)
{
        _cleanup_json_ struct json_object *array = json_new_array();

        for (size_t i = 0; array && i < m->n_layers; i++) {
                const struct image_layer *l = m->layers + i;
                struct json_object *item = json_new_object();

                if (json_append(array, item) < 0 || json_put_string(item, "image", l->path) < 0 ||
                    json_put_string(item, "type", l->type) < 0 ||
                    json_put_u64(item, "usage", l->size, UINT64_MAX) < 0 ||
                    json_put_bool(item, "read_only", l->read_only) < 0 ||
                    put_known(item, "version", l->version) < 0 || put_partitions(item, l) < 0 ||
                    put_known(item, "policy", l->policy) < 0 || put_known(item, "misfit", l->misfit) < 0)
                        return -ENOMEM;
        }
        return m->n_layers > 0 ? json_put(o, "layers", steal_pointer(array))
                               : json_put_string(o, "layers", NULL);
}

int show_json_metadata(const struct client *client, const struct request *request,
                       const struct image_metadata *m, struct error *error)
{
        _cleanup_json_ struct json_object *o = json_new_object();
        bool text = client->options->cat;
        int r = o ? json_put_string(o, "image", m->path) : -ENOMEM;

        if (r >= 0)
                r = json_put_strv(o, "prefixes", request->prefixes);
        if (r >= 0)
                r = put_release(o, "os_release", &m->release);
        if (r >= 0)
                r = put_text(o, "os_release_text", &m->release, text);
        if (r >= 0)
                r = put_extensions(o, m, text);
        if (r >= 0)
                r = put_units(o, m, text);
        if (r >= 0)
                r = put_layers(o, m);
        if (r >= 0)
                r = put_sandbox(o, m);
        return finish(client, o, r, error);
}

int show_json_state(const struct client *client, const struct request *request,
                    const struct named_state *state, struct error *error)
{
        _cleanup_json_ struct json_object *o = json_new_object();
        int r = o ? json_put_string(o, "image", request->image) : -ENOMEM;

        if (r >= 0)
                r = json_put_string(o, "state", state->state);
        if (r >= 0)
                r = json_put_bool(o, "attached", strcmp(state->state, "detached") != 0);
        if (r >= 0)
                r = json_put_string(o, "version", state->version);
        return finish(client, o, r, error);
}

static int put_changes(struct json_object *o, const char *key, const struct change_list *changes)
{
        _cleanup_json_ struct json_object *array = json_new_array();

        for (size_t i = 0; array && i < changes->n; i++) {
                const struct change *c = &changes->items[i];
                const char *source = c->source && *c->source ? c->source : NULL;
                struct json_object *item = json_new_object();

                if (json_append(array, item) < 0 ||
                    json_put_string(item, "type",
                                    c->type < CHANGE_TYPE_MAX ? change_type_to_string(c->type) : NULL) < 0 ||
                    json_put_string(item, "path", c->path) < 0 ||
                    json_put_string(item, "source", source) < 0)
                        return -ENOMEM;
        }
        return json_put(o, key, steal_pointer(array));
}

static int put_error(struct json_object *array, const char *image, const char *unit, const char *name,
                     const char *message)
{
        struct json_object *o = json_new_object();

        if (json_append(array, o) < 0 || json_put_string(o, "name", name) < 0 ||
            json_put_string(o, "message", message) < 0 || json_put_string(o, "image", image) < 0)
                return -ENOMEM;
        return json_put_string(o, "unit", unit);
}

/* It is, or is an instance of it. */
static bool is_of_file(const char *unit, const char *file)
{
        size_t n = strcspn(unit, "@");
        const char *suffix = strrchr(unit, '.');

        if (strcmp(unit, file) == 0)
                return true;
        return unit[n] && suffix && strncmp(unit, file, n + 1) == 0 && strcmp(file + n + 1, suffix) == 0;
}

static bool has_unit(const struct change_list *changes, const char *unit)
{
        for (size_t i = 0; i < changes->n; i++)
                if (is_of_file(unit, path_base(changes->items[i].path)))
                        return true;
        return false;
}

/* What concerns this image: of several, what is about a unit only where that is one of its own. */
static int put_failures(const struct client *client, struct json_object *array, const char *image,
                        const struct operation_result *changes, bool of_several)
{
        const struct failures *f = client->failures;

        for (size_t i = 0; f && i < f->n; i++) {
                const struct failure *item = &f->items[i];

                if (of_several && item->unit && !has_unit(&changes->removed, item->unit) &&
                    !has_unit(&changes->updated, item->unit))
                        continue;
                if (put_error(array, image, item->unit, item->name, item->message) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int put_image_changes(struct json_object *o, const char *image,
                             const struct operation_result *changes)
{
        int r = o ? json_put_string(o, "image", image) : -ENOMEM;

        if (r >= 0)
                r = put_changes(o, "removed", &changes->removed);
        if (r >= 0)
                r = put_changes(o, "updated", &changes->updated);
        return r < 0 ? r : json_put_strv(o, "warnings", changes->warnings);
}

int show_json_changes(const struct client *client, const char *image, const struct operation_result *changes,
                      struct error *error)
{
        _cleanup_json_ struct json_object *o = json_new_object(), *errors = json_new_array();
        int r = put_image_changes(o, image, changes);

        if (r >= 0)
                r = errors ? put_failures(client, errors, image, changes, false) : -ENOMEM;
        if (r >= 0)
                r = json_put(o, "errors", steal_pointer(errors));
        return finish(client, o, r, error);
}

static int put_outcome(const struct client *client, struct json_object *o, const char *image,
                       const struct operation_result *outcome)
{
        const struct error *e = error_is_set(&outcome->error) ? &outcome->error : NULL;
        _cleanup_json_ struct json_object *errors = json_new_array();
        int r = put_image_changes(o, image, outcome);

        if (r >= 0)
                r = json_put_string(o, "error", e ? error_message(e) : NULL);
        if (r >= 0 && !errors)
                r = -ENOMEM;
        if (r >= 0 && e)
                r = put_error(errors, image, NULL, error_bus_name(e), error_message(e));
        if (r >= 0 && !e)
                r = put_failures(client, errors, image, outcome, true);
        return r < 0 ? r : json_put(o, "errors", steal_pointer(errors));
}

int show_json_outcomes(const struct client *client, const struct request *requests,
                       const struct operation_result *outcomes, size_t n, struct error *error)
{
        _cleanup_json_ struct json_object *array = json_new_array();
        int r = array ? 0 : -ENOMEM;

        for (size_t i = 0; i < n && r >= 0; i++) {
                struct json_object *o = json_new_object();

                r = json_append(array, o);
                if (r >= 0)
                        r = put_outcome(client, o, requests[i].image, outcomes + i);
        }
        return finish(client, array, r, error);
}
