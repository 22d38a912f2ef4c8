/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/show-profiles.h"

#include <errno.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "plan/attach.h"
#include "portablectl/client.h"
#include "portablectl/json.h"
#include "portablectl/table.h"

void profile_table_clear(struct profile_table *t)
{
        for (size_t i = 0; i < t->n; i++) {
                free(t->rows[i].name);
                free(t->rows[i].description);
                strv_free(t->rows[i].files);
        }
        free(t->rows);
        *t = (struct profile_table){};
}

static int show_table(const struct client *client, const struct profile_table *t, struct error *error)
{
        static const char *const columns[] = {"NAME", "FILE", "DESCRIPTION"};
        _cleanup_table_ struct libscols_table *tb = NULL;

        if (t->n == 0) {
                if (client->options->legend)
                        puts("No profiles");
                return 0;
        }
        tb = table_new(&client->terminal, columns, ELEMENTSOF(columns), client->options->legend);
        for (size_t i = 0; tb && i < t->n; i++) {
                const struct profile_row *row = &t->rows[i];
                const char *cells[] = {row->name, row->files ? row->files[0] : "",
                                       row->description ? row->description : ""};

                if (table_add(tb, cells, ELEMENTSOF(cells), NULL) < 0)
                        return error_set_oom(error);
        }
        return tb ? table_print(tb, stdout, error) : error_set_oom(error);
}

static int put_row(struct json_object *array, const struct profile_row *row)
{
        struct json_object *o = json_new_object();

        if (json_append(array, o) < 0 || json_put_string(o, "name", row->name) < 0 ||
            json_put_string(o, "description", row->description) < 0)
                return -ENOMEM;
        return row->files ? json_put_strv(o, "files", row->files) : json_put_string(o, "files", NULL);
}

static int show_json(const struct client *client, const struct profile_table *t, struct error *error)
{
        _cleanup_json_ struct json_object *array = json_new_array();
        int r = array ? 0 : -ENOMEM;

        for (size_t i = 0; i < t->n && r >= 0; i++)
                r = put_row(array, &t->rows[i]);
        return r < 0 ? error_set_oom(error)
                     : json_print(&client->terminal, client->options->json, array, error);
}

int show_profiles(const struct client *client, const struct profile_table *t, struct error *error)
{
        return client->options->json != JSON_OFF ? show_json(client, t, error)
                                                 : show_table(client, t, error);
}

void show_profile_file(const struct terminal *t, const struct plan_profile_part *part, bool separated)
{
        _cleanup_free_ char *path = text_escape(part->path);

        printf("%s%s# %s%s\n", separated ? "\n" : "", t->colours ? "\033[1m" : "", path ? path : "",
               t->colours ? "\033[0m" : "");
        terminal_content(t, part->content, part->size);
        if (part->size > 0 && part->content[part->size - 1] != '\n')
                putchar('\n');
}
