/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/reload.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "manager/current.h"
#include "manager/manager.h"
#include "plan/change.h"
#include "portablectl/bus.h"
#include "portablectl/client.h"

/* One unit that was changed. */
struct changed_unit {
        char *path;     /* of its file */
        char **dropins; /* that were made */
        bool made, gone;
};

struct changed_units {
        struct changed_unit *items;
        size_t n;
};

static void changed_units_clear(struct changed_units *l)
{
        for (size_t i = 0; i < l->n; i++) {
                free(l->items[i].path);
                strv_free(l->items[i].dropins);
        }
        free(l->items);
}

/* The one whose file is at the first size bytes of path; NULL if out of memory. */
static struct changed_unit *find_unit(struct changed_units *l, const char *path, size_t size)
{
        for (size_t i = 0; i < l->n; i++)
                if (strlen(l->items[i].path) == size && strncmp(l->items[i].path, path, size) == 0)
                        return l->items + i;
        if (array_grow((void **)&l->items, l->n, sizeof(*l->items)) < 0)
                return NULL;
        l->items[l->n] = (struct changed_unit){.path = strndup(path, size)};
        return l->items[l->n].path ? &l->items[l->n++] : NULL;
}

/* Where "UNIT.d" ends in name, without the ".d"; 0 if it is nothing like that. */
static size_t dropin_directory_length(const char *name)
{
        size_t length = strcspn(name, "/");
        _cleanup_free_ char *unit = NULL;

        if (length < 3 || strncmp(name + length - 2, ".d", 2) != 0)
                return 0;
        unit = strndup(name, length - 2);
        return unit && unit_name_is_portable(unit) ? length - 2 : 0;
}

static int note_unit(struct changed_units *l, const char *path, bool made)
{
        struct changed_unit *unit = find_unit(l, path, strlen(path));

        if (!unit)
                return -ENOMEM;
        unit->made |= made;
        unit->gone |= !made;
        return 0;
}

static int note_dropin(struct changed_units *l, const char *path, size_t unit_length, bool made)
{
        struct changed_unit *unit = find_unit(l, path, unit_length);

        if (!unit)
                return -ENOMEM;
        return made ? strv_append(&unit->dropins, path) : 0;
}

/* name: of what lies in an attach directory, the end of path. -EUCLEAN: it is something else than units and
 * their drop-ins, such as a link by which a target wants a unit. */
static int note_in_attach(struct changed_units *l, const char *path, const char *name, bool made)
{
        size_t length = dropin_directory_length(name);
        const char *file = length > 0 ? name + length + 2 : name;

        if (length == 0)
                return unit_name_is_portable(name) ? note_unit(l, path, made) : -EUCLEAN;
        if (!*file)
                return 0; /* the directory itself */
        if (strchr(file + 1, '/') || !string_ends_with(file, ".conf"))
                return -EUCLEAN;
        return note_dropin(l, path, (size_t)(name - path) + length, made);
}

static bool is_image_link(const struct layout *layout, const char *path)
{
        for (int runtime = 0; runtime < 2; runtime++) {
                const char *links = layout_links(layout, runtime);

                if (strcmp(path, links) == 0 || path_is_below(path, links))
                        return true;
        }
        return false;
}

/* What the manager does not look at is left out. -EUCLEAN: that cannot be said of it. */
static int note_change(const struct layout *layout, struct changed_units *l, const struct change *c)
{
        size_t i = layout_attach_find(layout, c->path);
        const char *directory;

        if (i >= LAYOUT_ATTACH_MAX)
                return c->type == CHANGE_MKDIR || is_image_link(layout, c->path) ? 0 : -EUCLEAN;
        directory = layout->attach[i].path;
        if (strcmp(c->path, directory) == 0)
                return 0;
        if (c->type == CHANGE_MKDIR)
                return dropin_directory_length(c->path + strlen(directory) + 1) > 0 ? 0 : -EUCLEAN;
        return note_in_attach(l, c->path, c->path + strlen(directory) + 1, c->type != CHANGE_UNLINK);
}

static int note_changes(const struct layout *layout, struct changed_units *l,
                        const struct change_list *changes)
{
        int r = 0;

        for (size_t i = 0; i < changes->n && r >= 0; i++)
                r = note_change(layout, l, &changes->items[i]);
        return r;
}

/* As it must be afterwards; -EUCLEAN for a unit of which only a part was changed. */
static int expect_unit(const struct changed_unit *unit, struct manager_expected *ret)
{
        if (unit->made ? !unit->dropins : !unit->gone)
                return -EUCLEAN;
        *ret = (struct manager_expected){.unit = path_base(unit->path),
                                         .fragment = unit->made ? unit->path : NULL,
                                         .dropins = unit->dropins};
        return 0;
}

static int ask(struct client *client, const struct changed_units *l, struct error *error)
{
        _cleanup_free_ struct manager_expected *expected = calloc(l->n + 1, sizeof(*expected));
        int r = client_connect(client, error);

        if (r < 0 || !expected)
                return r;
        for (size_t i = 0; i < l->n; i++)
                if (expect_unit(l->items + i, expected + i) < 0)
                        return 0;
        return manager_is_current(client->bus, &client->wait, expected, l->n, error);
}

/* Returns 1 if it is not needed, 0 if it is or may be; negative: *error is set. */
static int is_needless(struct client *client, const struct change_list *removed,
                       const struct change_list *updated, struct error *error)
{
        _cleanup_(changed_units_clear) struct changed_units l = {};

        /* Links that enable units change targets that are loaded. */
        if (client->options->reload != RELOAD_AUTO || client->options->enable)
                return 0;
        if (note_changes(client->layout, &l, removed) < 0 || note_changes(client->layout, &l, updated) < 0)
                return 0;
        return ask(client, &l, error);
}

int reload_always(struct client *client, struct error *error)
{
        int r = client_connect(client, error);

        if (r >= 0)
                r = manager_reload(client->bus, &client->wait, error);
        if (r < 0)
                error_prefix(error, "Cannot reload the service manager: ");
        return r;
}

int reload_for_changes(struct client *client, const struct change_list *removed,
                       const struct change_list *updated, struct error *error)
{
        int r;

        if (client->options->reload == RELOAD_NO || client->options->root)
                return 0;
        r = is_needless(client, removed, updated, error);
        if (r < 0)
                error_prefix(error, "Cannot reload the service manager: ");
        if (r != 0)
                return r < 0 ? r : 0;
        return reload_always(client, error);
}
