/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/show-layers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/path.h"
#include "dissect/stack.h"
#include "portablectl/json.h"

int show_layers(const struct stack *s, int column)
{
        for (size_t i = 0; i < s->n; i++) {
                const struct stack_part *part = s->parts + i;
                _cleanup_free_ char *entry = text_escape(part->entry), *path = text_escape(part->path);

                if (!entry || !path)
                        return -ENOMEM;
                printf("%*s: %s", column, "Layer", entry);
                if (strcmp(entry, path) != 0)
                        printf(" (leads to %s%s)", path, part->missing ? ", which is not there" : "");
                else if (part->missing)
                        printf(" (there is no version of it)");
                putchar('\n');
        }
        return 0;
}

int put_layers(struct json_object *o, const struct stack *s)
{
        _cleanup_json_ struct json_object *array = json_new_array();

        for (size_t i = 0; array && i < s->n; i++) {
                struct json_object *item = json_new_object();
                const struct stack_part *part = s->parts + i;

                if (json_append(array, item) < 0 || json_put_string(item, "name", part->name) < 0 ||
                    json_put_string(item, "path", part->path) < 0 ||
                    json_put_bool(item, "missing", part->missing) < 0)
                        return -ENOMEM;
        }
        return json_put(o, "layers", steal_pointer(array));
}
