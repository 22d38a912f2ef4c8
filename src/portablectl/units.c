/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "manager/manager.h"
#include "manager/pattern.h"
#include "operation/install-check.h"
#include "plan/change.h"
#include "portablectl/client.h"
#include "portablectl/install-ask.h"
#include "portablectl/offline-enable.h"
#include "portablectl/report.h"
#include "portablectl/show.h"

static int unit_rank(const char *unit)
{
        static const char *const suffixes[] = {".socket", ".path", ".timer", ".target"};
        size_t i;

        for (i = 0; i < ELEMENTSOF(suffixes); i++)
                if (string_ends_with(unit, suffixes[i]))
                        break;
        return (int)i;
}

static int unit_compare(const void *a, const void *b)
{
        const char *x = *(const char *const *)a, *y = *(const char *const *)b;
        int r = unit_rank(x) - unit_rank(y);

        return r != 0 ? r : strcmp(x, y);
}

void units_sort(char **units)
{
        if (units)
                qsort(units, strv_length(units), sizeof(*units), unit_compare);
}

/* A unit file lies directly in an attach directory. */
static bool path_is_unit_file(const struct layout *layout, const char *path)
{
        _cleanup_free_ char *directory = path_directory(path);
        size_t i = layout_attach_find(layout, path);

        return directory && i < LAYOUT_ATTACH_MAX && strcmp(layout->attach[i].path, directory) == 0 &&
               unit_name_is_portable(path_base(path));
}

int units_from_changes(const struct layout *layout, const struct change_list *changes, bool removed,
                       char ***ret, struct error *error)
{
        _cleanup_strv_ char **l = NULL;

        for (size_t i = 0; i < changes->n; i++) {
                const struct change *c = &changes->items[i];
                bool made = c->type == CHANGE_COPY || c->type == CHANGE_SYMLINK || c->type == CHANGE_WRITE;

                if ((removed ? c->type != CHANGE_UNLINK : !made) || !path_is_unit_file(layout, c->path))
                        continue;
                if (!strv_contains(l, c->path) && strv_append(&l, c->path) < 0)
                        return error_set_oom(error);
        }
        units_sort(l);
        *ret = steal_pointer(l);
        return 0;
}

static uint64_t file_flags(const struct client *client)
{
        return MANAGER_FILES_PORTABLE | (client->options->runtime ? MANAGER_FILES_RUNTIME : 0);
}

/* A user's service manager before 262 has no attach directory of its own, and refuses the flag for it: there
 * its links lie where those of all units do. */
static uint64_t file_flags_of(const struct client *client, const char *path)
{
        size_t i = layout_attach_find(client->layout, path);
        bool plain = client->options->user && i < LAYOUT_ATTACH_MAX && client->layout->attach[i].shared;

        return file_flags(client) & ~(plain ? MANAGER_FILES_PORTABLE : 0);
}

static void show_file_changes(const struct client *client, const struct manager_file_change *changes,
                              size_t n)
{
        if (client->options->quiet)
                return;
        for (size_t i = 0; i < n; i++)
                show_file_change(&client->terminal, changes[i].type, changes[i].path, changes[i].source);
}

static int enable_one(struct client *client, const char *path)
{
        _cleanup_error_ struct error error = {};
        struct manager_file_change *changes = NULL;
        size_t n = 0;
        int r;

        r = manager_enable_unit_file(client->bus, path, file_flags_of(client, path), &changes, &n, &error);
        if (r < 0) {
                error_prefix(&error, "Failed to enable the portable service %s: ", path_base(path));
                /* A template can be enabled only if it says for which instance. */
                if (unit_name_is_template(path_base(path)) && error.kind == ERROR_FAILED)
                        return 0;
                return report_unit_failure(client, path_base(path), &error);
        }
        show_file_changes(client, changes, n);
        manager_file_changes_free(changes, n);
        return 0;
}

/* Those that can be enabled without a unit of the host. */
static int leave_out_reaching(struct client *client, const struct install_images *images, char *const *paths,
                              char ***ret, struct error *error)
{
        _cleanup_install_ask_ struct install_ask ask = {};
        int r = install_ask_begin(client, images, &ask, error), failed = 0;

        for (size_t i = 0; r >= 0 && paths && paths[i]; i++) {
                _cleanup_error_ struct error e = {};

                if (install_check_enable(&ask.source, paths[i], paths, &e) < 0)
                        failed = report_unit_failure(client, path_base(paths[i]), &e);
                else if (strv_append(ret, paths[i]) < 0)
                        r = error_set_oom(error);
        }
        return r < 0 ? r : failed;
}

int units_enable(struct client *client, const struct install_images *images, char *const *paths)
{
        _cleanup_error_ struct error error = {};
        _cleanup_strv_ char **good = NULL;
        int r = leave_out_reaching(client, images, paths, &good, &error);

        if (error_is_set(&error))
                return report_failure(client, &error);
        if (client->options->root)
                return offline_enable(client, good, true) < 0 ? -EIO : r;
        for (size_t i = 0; good && good[i]; i++)
                if (enable_one(client, good[i]) < 0)
                        r = -EIO;
        return r;
}

static int names_from_paths(char *const *units, char ***ret)
{
        _cleanup_strv_ char **names = NULL;

        for (size_t i = 0; units && units[i]; i++)
                if (strv_append(&names, path_base(units[i])) < 0)
                        return -ENOMEM;
        *ret = steal_pointer(names);
        return 0;
}

static int disable_call(struct client *client, char *const *names, uint64_t flags, struct error *error)
{
        struct manager_file_change *changes = NULL;
        size_t n = 0;
        int r;

        r = manager_disable_unit_files(client->bus, names, flags, &changes, &n, error);
        if (r < 0)
                return r;
        show_file_changes(client, changes, n);
        manager_file_changes_free(changes, n);
        return 0;
}

/* One that is gone needs no disabling, and must not keep the others from it. */
static int disable_each(struct client *client, char *const *names, uint64_t flags, struct error *error)
{
        int failed = 0;

        for (; *names; names++) {
                char *const name[] = {*names, NULL};
                _cleanup_error_ struct error e = {};
                int r = disable_call(client, name, flags, &e);

                if (r >= 0 || r == -ENOENT)
                        continue;
                failed = r;
                error_move(error, &e);
        }
        return failed;
}

static int disable_names(struct client *client, char *const *names, uint64_t flags, struct error *error)
{
        _cleanup_error_ struct error e = {};

        if (disable_call(client, names, flags, &e) >= 0)
                return 0;
        return disable_each(client, names, flags, error);
}

static void leave_enabled(struct client *client, const char *unit, struct error *why)
{
        if (client->options->root)
                offline_remove_links(client, unit);
        else
                error_suffix(why, "; links to it outside of the attach directories stay");
        if (!client->options->quiet)
                report_note(client, error_message(why));
}

/* The same for what is disabled. */
static int keep_disabling(struct client *client, const struct install_images *images, char *const *units,
                          char ***ret, struct error *error)
{
        _cleanup_install_ask_ struct install_ask ask = {};
        int r = images ? install_ask_begin(client, images, &ask, error) : 0;

        for (size_t i = 0; r >= 0 && units && units[i]; i++) {
                _cleanup_error_ struct error e = {};

                if (images && install_check_disable(&ask.source, units[i], units, &e) < 0)
                        leave_enabled(client, path_base(units[i]), &e);
                else if (strv_append(ret, units[i]) < 0)
                        r = error_set_oom(error);
        }
        return r;
}

static int disable_online(struct client *client, char *const *units, struct error *error)
{
        _cleanup_strv_ char **names = NULL;
        int r;

        if (names_from_paths(units, &names) < 0)
                return error_set_oom(error);
        if (!names)
                return 0;
        r = disable_names(client, names, file_flags(client), error);
        if (r == -ENXIO && client->options->user) { /* there is no such directory, see above */
                error_clear(error);
                r = 0;
        }
        if (r >= 0) /* and what somebody enabled by hand, whose links would lead nowhere soon */
                r = disable_names(client, names, file_flags(client) & ~MANAGER_FILES_PORTABLE, error);
        if (r < 0) {
                _cleanup_free_ char *all = strv_join(names, ", ");

                error_prefix(error, "Failed to disable the portable services %s: ", all ? all : "");
        }
        return r;
}

int units_disable(struct client *client, const struct install_images *images, char *const *units)
{
        _cleanup_error_ struct error error = {};
        _cleanup_strv_ char **good = NULL;
        int r = keep_disabling(client, images, units, &good, &error);

        if (r >= 0 && client->options->root)
                return offline_enable(client, good, false);
        if (r >= 0)
                r = disable_online(client, good, &error);
        return r < 0 ? report_failure(client, &error) : 0;
}

int units_clean(struct client *client, char *const *units)
{
        int failed = 0;

        for (size_t i = 0; units && units[i]; i++) {
                _cleanup_error_ struct error error = {};
                const char *name = path_base(units[i]);

                if (!string_ends_with(name, ".service") || unit_name_is_template(name))
                        continue;
                if (manager_clean_unit(client->bus, &client->wait, name, &error) >= 0 ||
                    error.errnum == ENOENT) /* gone already */
                        continue;
                error_prefix(&error, "Cannot clean the portable service %s: ", name);
                report_unit_failure(client, name, &error);
                failed = -EIO;
        }
        return failed;
}
