/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/array.h"
#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "manager/call.h"
#include "manager/list.h"
#include "manager/manager.h"
#include "manager/pattern.h"

void manager_unit_files_free(struct manager_unit_file *files, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(files[i].name);
                free(files[i].state);
                free(files[i].path);
        }
        free(files);
}

void manager_file_changes_free(struct manager_file_change *changes, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(changes[i].type);
                free(changes[i].path);
                free(changes[i].source);
        }
        free(changes);
}

/* All of them, or with a set those whose names are in it. */
static int files_read(sd_bus_message *m, const struct name_set *wanted, struct manager_unit_file **files,
                      size_t *n)
{
        const char *path, *state;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(ss)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "(ss)", &path, &state)) > 0) {
                struct manager_unit_file *f;

                if (wanted && !name_set_contains(wanted, path_base(path)))
                        continue;
                if (array_grow((void **)files, *n, sizeof(**files)) < 0)
                        return -ENOMEM;
                f = &(*files)[(*n)++];
                *f = (struct manager_unit_file){strdup(path_base(path)), strdup(state), strdup(path)};
                if (!f->name || !f->state || !f->path)
                        return -ENOMEM;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* What to ask for: patterns, or for many names none and the set to choose from. */
static int names_prepare(char *const *names, char ***ret_patterns, struct name_set **ret_wanted)
{
        _cleanup_name_set_ struct name_set *wanted = NULL;
        int r = 0;

        if (strv_length(names) <= MANAGER_PATTERNS_MAX) {
                for (; r >= 0 && *names; names++)
                        r = strv_consume(ret_patterns, pattern_for_name(*names));
                return r;
        }
        wanted = name_set_new();
        if (!wanted)
                return -ENOMEM;
        for (; r >= 0 && *names; names++)
                r = name_set_add(wanted, *names);
        if (r < 0)
                return r;
        *ret_wanted = steal_pointer(wanted);
        return 0;
}

int manager_get_unit_file_states(sd_bus *bus, char *const *names, struct manager_unit_file **ret,
                                 size_t *ret_n, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_name_set_ struct name_set *wanted = NULL;
        _cleanup_strv_ char **patterns = NULL;
        struct manager_unit_file *files = NULL;
        size_t n = 0;
        int r;

        if (strv_length(names) == 0) {
                *ret = NULL;
                *ret_n = 0;
                return 0;
        }
        if (names_prepare(names, &patterns, &wanted) < 0)
                return error_set_oom(error);
        r = manager_call_new(bus, "ListUnitFilesByPatterns", &m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, NULL);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, patterns);
        if (r < 0)
                return error_set_errno(error, r, "Cannot ask the service manager for unit files");
        r = manager_call_send(bus, m, 0, &reply, error);
        if (r < 0)
                return r;
        r = files_read(reply, wanted, &files, &n);
        if (r < 0) {
                manager_unit_files_free(files, n);
                return manager_call_bad_answer(error, r, "ListUnitFilesByPatterns");
        }
        *ret = files;
        *ret_n = n;
        return 0;
}

static int changes_read(sd_bus_message *m, struct manager_file_change **changes, size_t *n)
{
        const char *type, *path, *source;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(sss)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "(sss)", &type, &path, &source)) > 0) {
                struct manager_file_change *c;

                if (array_grow((void **)changes, *n, sizeof(**changes)) < 0)
                        return -ENOMEM;
                c = &(*changes)[(*n)++];
                *c = (struct manager_file_change){strdup(type), strdup(path), strdup(source)};
                if (!c->type || !c->path || !c->source)
                        return -ENOMEM;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* The call of a method that takes unit files and flags. */
static int files_call_new(sd_bus *bus, const char *member, char *const *files, uint64_t flags,
                          sd_bus_message **ret, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = manager_call_new(bus, member, &m, error);

        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, (char **)files);
        if (r >= 0)
                r = sd_bus_message_append(m, "t", flags);
        if (r < 0)
                return error_set_errno(error, r, "Cannot form a call of %s to the service manager", member);
        *ret = steal_pointer(m);
        return 0;
}

static int files_call_send(sd_bus *bus, sd_bus_message *m, struct manager_file_change **ret, size_t *ret_n,
                           struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct manager_file_change *changes = NULL;
        size_t n = 0;
        int r = manager_call_send(bus, m, 0, &reply, error);

        if (r < 0)
                return r;
        if (sd_bus_message_has_signature(reply, "ba(sss)"))
                r = sd_bus_message_skip(reply, "b");
        if (r >= 0)
                r = changes_read(reply, &changes, &n);
        if (r < 0) {
                manager_file_changes_free(changes, n);
                return manager_call_bad_answer(error, r, sd_bus_message_get_member(m));
        }
        *ret = changes;
        *ret_n = n;
        return 0;
}

int manager_enable_unit_file(sd_bus *bus, const char *path, uint64_t flags, struct manager_file_change **ret,
                             size_t *ret_n, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        char *files[] = {(char *)path, NULL};
        int r = files_call_new(bus, "EnableUnitFilesWithFlags", files, flags, &m, error);

        return r < 0 ? r : files_call_send(bus, m, ret, ret_n, error);
}

int manager_disable_unit_files(sd_bus *bus, char *const *names, uint64_t flags,
                               struct manager_file_change **ret, size_t *ret_n, struct error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = files_call_new(bus, "DisableUnitFilesWithFlags", names, flags, &m, error);

        return r < 0 ? r : files_call_send(bus, m, ret, ret_n, error);
}
