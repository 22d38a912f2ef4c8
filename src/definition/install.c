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
#include "extract/extract.h"
#include "unitfile/merged.h"

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

static int add_words(const struct unit_merged *m, const char *section, const char *key, char ***list)
{
        _cleanup_unit_merged_words_ struct unit_merged_words w = {};
        int r;

        while ((r = unit_merged_next_word(m, section, key, &w)) > 0)
                if (strv_append(list, w.words.word) < 0)
                        return -ENOMEM;
        return r;
}

static bool has_section(const struct unit_merged *m, const char *section)
{
        for (size_t i = 0; i < m->n; i++)
                if (strcmp(m->items[i].section, section) == 0)
                        return true;
        return false;
}

static int take(struct install_unit *u, const struct unit_merged *m)
{
        static const char *const keys[] = {"WantedBy", "RequiredBy", "UpheldBy", "Alias"};
        const struct unit_setting *type = unit_merged_get(m, "Service", "Type");

        u->oneshot = type && strcmp(type->value, "oneshot") == 0;
        u->install = has_section(m, "Install");
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                u->installable = u->installable || unit_merged_get(m, "Install", keys[i]);
        return add_words(m, "Install", "Also", &u->also) < 0 ||
                               add_words(m, "Timer", "Unit", &u->triggers) < 0 ||
                               add_words(m, "Path", "Unit", &u->triggers) < 0 ||
                               add_words(m, "Socket", "Service", &u->triggers) < 0
                       ? -ENOMEM
                       : 0;
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
        _cleanup_unit_merged_ struct unit_merged m = {};
        struct install_unit *u;

        if (unit_merged_read(&(struct unit_source){text, size}, 1, &m) < 0 ||
            array_grow((void **)&s->items, s->n, sizeof(*s->items)) < 0)
                return -ENOMEM;
        u = s->items + s->n++;
        *u = (struct install_unit){.name = strdup(path_base(path)), .path = strdup(path)};
        if (!u->name || !u->path)
                return -ENOMEM;
        u->template = strstr(u->name, "@.");
        return take(u, &m) < 0 ? -ENOMEM : add_usual_trigger(u);
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
                r = fd_read_file_in_root(root_fd, path, EXTRACT_UNIT_SIZE_MAX, &text, &size);
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
