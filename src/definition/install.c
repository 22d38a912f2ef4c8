/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "definition/install.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attached/index.h"
#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "definition/definition.h"
#include "unitfile/text.h"

#define UNIT_SIZE_MAX (1024U * 1024U)

void install_set_clear(struct install_set *s)
{
        for (size_t i = 0; i < s->n; i++) {
                free(s->items[i].name);
                free(s->items[i].path);
                strv_free(s->items[i].also);
                strv_free(s->items[i].triggers);
        }
        free(s->items);
        *s = (struct install_set){};
}

static bool is_key(const struct unit_assignment *a, const char *section, const char *key)
{
        return strcmp(a->section, section) == 0 && strcmp(a->key, key) == 0;
}

static int add_words(char ***list, const char *value)
{
        _cleanup_strv_ char **words = NULL;
        int r = strv_split(value, " \t", &words);

        for (char **word = words; r >= 0 && word && *word; word++)
                r = strv_append(list, *word);
        return r;
}

static int take(struct install_unit *u, const struct unit_assignment *a)
{
        static const char *const keys[] = {"WantedBy", "RequiredBy", "UpheldBy", "Alias"};

        if (is_key(a, "Timer", "Unit") || is_key(a, "Path", "Unit") || is_key(a, "Socket", "Service"))
                return add_words(&u->triggers, a->value);
        if (is_key(a, "Service", "Type"))
                u->oneshot = strcmp(a->value, "oneshot") == 0;
        if (is_key(a, "Install", "Also"))
                return add_words(&u->also, a->value);
        u->install = u->install || strcmp(a->section, "Install") == 0;
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                u->installable = u->installable || (is_key(a, "Install", keys[i]) && *a->value);
        return 0;
}

/* Unless it says another one, the service of its name. */
static int add_usual_trigger(struct install_unit *u)
{
        const char *dot = strrchr(u->name, '.');

        if (u->triggers || !dot ||
            (strcmp(dot, ".timer") != 0 && strcmp(dot, ".path") != 0 && strcmp(dot, ".socket") != 0))
                return 0;
        return strv_appendf(&u->triggers, "%.*s.service", (int)(dot - u->name), u->name);
}

int install_set_add(struct install_set *s, const char *path, const char *text, size_t size)
{
        _cleanup_unit_text_ struct unit_text t = {};
        struct install_unit *u;
        int r = unit_text_read(text, size, &t);

        if (r < 0 || array_grow((void **)&s->items, s->n, sizeof(*s->items)) < 0)
                return -ENOMEM;
        u = s->items + s->n++;
        *u = (struct install_unit){.name = strdup(path_base(path)), .path = strdup(path)};
        if (!u->name || !u->path)
                return -ENOMEM;
        u->template = strstr(u->name, "@.");
        for (size_t i = 0; i < t.n && r >= 0; i++)
                r = take(u, t.items + i);
        u->install = u->install || u->also;
        return r < 0 ? r : add_usual_trigger(u);
}

int install_set_read(int root_fd, const struct attached_index *index, const char *definition,
                     struct install_set *ret, struct error *error)
{
        _cleanup_install_set_ struct install_set s = {};

        for (size_t i = 0; i < index->n_units; i++) {
                const struct attached_unit *u = index->units + i;
                _cleanup_free_ char *path = NULL, *text = NULL;
                size_t size;
                int r;

                if (!u->definition || strcmp(u->definition, definition) != 0 || !u->unit || u->hidden)
                        continue;
                path = path_join(u->directory, u->name);
                if (!path)
                        return error_set_oom(error);
                r = fd_read_file_in_root(root_fd, path, UNIT_SIZE_MAX, &text, &size);
                if (r < 0)
                        return error_set_errno(error, r, "Cannot read '%s'", path);
                if (install_set_add(&s, path, text, size) < 0)
                        return error_set_oom(error);
        }
        *ret = s;
        s = (struct install_set){};
        return 0;
}

const struct install_unit *install_set_find(const struct install_set *s, const char *name)
{
        for (size_t i = 0; i < s->n; i++)
                if (strcmp(s->items[i].name, name) == 0)
                        return s->items + i;
        return NULL;
}

static bool is_meant(const struct definition_units *units, const struct install_unit *u)
{
        return units->choice == UNITS_ALL
                       ? u->install && !u->template
                       : units->choice == UNITS_NAMED && strv_contains(units->names, u->name);
}

bool install_set_is_enabled(const struct install_set *s, const struct definition_units *enable,
                            const char *name)
{
        for (size_t i = 0; i < s->n; i++)
                if (is_meant(enable, s->items + i) &&
                    (strcmp(s->items[i].name, name) == 0 || strv_contains(s->items[i].also, name)))
                        return true;
        return false;
}

bool install_set_is_started(const struct install_set *s, const struct definition_units *start,
                            const struct install_unit *unit, bool fresh)
{
        if (!is_meant(start, unit))
                return false;
        if (unit->oneshot)
                return start->choice == UNITS_NAMED && fresh;
        for (size_t i = 0; start->choice == UNITS_ALL && i < s->n; i++)
                if (strv_contains(s->items[i].triggers, unit->name))
                        return false;
        return true;
}
