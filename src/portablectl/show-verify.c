/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/show-verify.h"

#include <errno.h>
#include <stdio.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "portablectl/client.h"
#include "portablectl/json.h"
#include "portablectl/request.h"
#include "verify/verify.h"

static const char *result_of(const struct verification *v)
{
        return findings_count(&v->findings, FINDING_ERROR) > 0 ? "broken"
               : v->findings.n > 0                             ? "warnings"
                                                               : "clean";
}

static void show_lines(const struct client *client, const struct findings *f, enum severity severity)
{
        const char *colour = severity == FINDING_ERROR ? "\033[1;31m" : "\033[1;33m";
        bool colours = client->terminal.colours;

        for (size_t i = 0; i < f->n; i++)
                if (f->items[i].severity == severity)
                        printf("%s%s:%s %s%s%s\n", colours ? colour : "",
                               severity == FINDING_ERROR ? "error" : "warning", colours ? "\033[0m" : "",
                               f->items[i].unit ? f->items[i].unit : "", f->items[i].unit ? ": " : "",
                               f->items[i].text);
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
        show_lines(client, &v->findings, FINDING_ERROR);
        show_lines(client, &v->findings, FINDING_WARNING);
        if (!client->options->legend)
                return 0;
        errors = findings_count(&v->findings, FINDING_ERROR);
        warnings = findings_count(&v->findings, FINDING_WARNING);
        if (v->findings.n == 0)
                printf("Image '%s' is clean.\n", name);
        else
                printf("Image '%s': %zu error%s, %zu warning%s.\n", name, errors, errors == 1 ? "" : "s",
                       warnings, warnings == 1 ? "" : "s");
        return 0;
}

static int put_findings(struct json_object *o, const struct findings *f)
{
        _cleanup_json_ struct json_object *array = json_new_array();

        for (size_t i = 0; array && i < f->n; i++) {
                struct json_object *item = json_new_object();
                const char *severity = f->items[i].severity == FINDING_ERROR ? "error" : "warning";

                if (json_append(array, item) < 0 || json_put_string(item, "severity", severity) < 0 ||
                    json_put_string(item, "unit", f->items[i].unit) < 0 ||
                    json_put_string(item, "message", f->items[i].text) < 0)
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
            put_findings(o, &v->findings) < 0)
                return error_set_oom(error);
        return json_print(&client->terminal, client->options->json, o, error);
}

int show_verification(const struct client *client, const struct request *request,
                      const struct verification *v, struct error *error)
{
        return client->options->json != JSON_OFF ? show_json(client, request, v, error)
                                                 : show_text(client, request, v, error);
}
