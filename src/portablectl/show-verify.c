/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/show-verify.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "portablectl/client.h"
#include "portablectl/json.h"
#include "portablectl/request.h"
#include "portablectl/show-layers.h"
#include "verify/verify.h"

static const char *result_of(const struct verification *v)
{
        return findings_count(&v->findings, FINDING_ERROR) > 0     ? "broken"
               : findings_count(&v->findings, FINDING_WARNING) > 0 ? "warnings"
                                                                   : "clean";
}

/* Of a kind that a modern unit has many of under an old manager: in one line a unit, unless all are wanted.
 */
static bool is_summed(const struct client *client, const struct finding *finding)
{
        return finding->id == FOUND_SETTING_UNKNOWN && !client->options->verbose;
}

static bool same_unit(const struct finding *a, const struct finding *b)
{
        return strcmp(a->unit ?: "", b->unit ?: "") == 0;
}

/* How many more of its kind and unit there are behind it; SIZE_MAX if one stands before it. */
static size_t count_more(const struct findings *f, size_t at)
{
        size_t n = 0;

        for (size_t i = 0; i < f->n; i++) {
                if (i == at || f->items[i].id != f->items[at].id || !same_unit(f->items + i, f->items + at))
                        continue;
                if (i < at)
                        return SIZE_MAX;
                n++;
        }
        return n;
}

static void show_place(const struct finding *finding)
{
        printf("    [%s]", finding_kinds[finding->id].name);
        if (finding->file && finding->line)
                printf(" %s:%u", finding->file, finding->line);
        else if (finding->file)
                printf(" %s", finding->file);
        if (finding->setting)
                printf("%s %.200s", finding->file ? ":" : " profile:", finding->setting);
        putchar('\n');
        if (finding->in_image)
                printf("    in the image: %s\n", finding->in_image);
        if (finding->on_host)
                printf("    on the host: %s\n", finding->on_host);
}

static void show_line(const struct client *client, const struct finding *finding, size_t more)
{
        enum severity severity = finding_severity(finding);
        const char *colour = severity == FINDING_ERROR ? "\033[1;31m" : "\033[1;33m";
        bool colours = client->terminal.colours && severity != FINDING_NOTE;

        printf("%s%s:%s %s%s%s", colours ? colour : "", severity_to_string(severity),
               colours ? "\033[0m" : "", finding->unit ?: "", finding->unit ? ": " : "", finding->text);
        if (more > 0)
                printf(", nor %zu other settings (--verbose names them)", more);
        putchar('\n');
        show_place(finding);
}

static void show_lines(const struct client *client, const struct findings *f, enum severity severity)
{
        for (size_t i = 0; i < f->n; i++) {
                size_t more = is_summed(client, f->items + i) ? count_more(f, i) : 0;

                if (finding_severity(f->items + i) == severity && more != SIZE_MAX)
                        show_line(client, f->items + i, more);
        }
}

static int show_text(const struct client *client, const struct request *request,
                     const struct verification *v, struct error *error)
{
        _cleanup_free_ char *name = text_escape(request->image);
        size_t errors, warnings;

        if (!name)
                return error_set_oom(error);
        if (client->options->quiet)
                return 0;
        if (show_layers(&v->layers, 0) < 0)
                return error_set_oom(error);
        show_lines(client, &v->findings, FINDING_ERROR);
        show_lines(client, &v->findings, FINDING_WARNING);
        show_lines(client, &v->findings, FINDING_NOTE);
        if (!client->options->legend)
                return 0;
        errors = findings_count(&v->findings, FINDING_ERROR);
        warnings = findings_count(&v->findings, FINDING_WARNING);
        if (errors + warnings == 0)
                printf("Image '%s' is clean\n", name);
        else
                printf("Image '%s': %zu error%s, %zu warning%s\n", name, errors, errors == 1 ? "" : "s",
                       warnings, warnings == 1 ? "" : "s");
        return 0;
}

static int put_findings(struct json_object *o, const struct findings *f)
{
        _cleanup_json_ struct json_object *array = json_new_array();

        for (size_t i = 0; array && i < f->n; i++) {
                struct json_object *item = json_new_object();
                const struct finding *one = f->items + i;

                if (json_append(array, item) < 0 ||
                    json_put_string(item, "severity", severity_to_string(finding_severity(one))) < 0 ||
                    json_put_string(item, "id", finding_kinds[one->id].name) < 0 ||
                    json_put_string(item, "unit", one->unit) < 0 ||
                    json_put_string(item, "file", one->file) < 0 ||
                    json_put_u64(item, "line", one->line, 0) < 0 ||
                    json_put_string(item, "setting", one->setting) < 0 ||
                    json_put_string(item, "message", one->text) < 0 ||
                    json_put_string(item, "in_image", one->in_image) < 0 ||
                    json_put_string(item, "on_host", one->on_host) < 0)
                        return -ENOMEM;
        }
        return json_put(o, "findings", steal_pointer(array));
}

static int show_json(const struct client *client, const struct request *request,
                     const struct verification *v, struct error *error)
{
        _cleanup_json_ struct json_object *o = json_new_object();

        if (!o || json_put_string(o, "image", v->path ? v->path : request->image) < 0 ||
            json_put_string(o, "result", result_of(v)) < 0 ||
            json_put_strv(o, "prefixes", v->prefixes ? v->prefixes : request->prefixes) < 0 ||
            json_put_strv(o, "units", v->units) < 0 || json_put_string(o, "policy", v->policy) < 0 ||
            put_layers(o, &v->layers) < 0 || put_findings(o, &v->findings) < 0)
                return error_set_oom(error);
        return json_print(&client->terminal, client->options->json, o, error);
}

int show_verification(const struct client *client, const struct request *request,
                      const struct verification *v, struct error *error)
{
        return client->options->json != JSON_OFF ? show_json(client, request, v, error)
                                                 : show_text(client, request, v, error);
}
