/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "basic/unit-name.h"
#include "image/lock.h"
#include "manager/list.h"
#include "manager/pattern.h"
#include "operation/operation.h"
#include "plan/kind.h"
#include "transaction/transaction.h"

static void on_wait(const char *image, void *userdata)
{
        struct operation *o = userdata;

        if (o->listener.tell)
                o->listener.tell(image, o->listener.userdata);
        operation_introduce(o);
}

int operation_lock(struct operation *o, int *ret_lock, struct attached_index *ret_index, struct error *error)
{
        const struct lock_listener listener = {on_wait, o};
        _cleanup_strv_ char **messages = NULL;
        _cleanup_close_ int lock = -EBADF;
        int r;

        r = transaction_lock(o->root_fd, o->layout, &listener, &lock, error);
        if (r < 0)
                return r;
        r = transaction_recover(o->root_fd, o->layout, &messages, error);
        if (r < 0)
                return r;
        for (char **m = messages; m && *m; m++)
                if (strv_append(&o->messages, *m) < 0)
                        return error_set_oom(error);
        r = attached_index_read_again(o->root_fd, o->layout, &o->seen, ret_index, error);
        if (r < 0)
                return r;
        *ret_lock = steal_fd(&lock);
        return messages != NULL;
}

/* The name an image goes by in markers: that of its real file, which a link may have under another name. */
static int resolve_name(struct operation *o, const char *image, char **ret)
{
        _cleanup_image_ struct image *found = NULL;
        char *name = image_name_from_path(
                image_find(o->root_fd, o->layout, image, &found, NULL, NULL) >= 0 ? found->path : image);

        if (!name)
                return -ENOMEM;
        *ret = name;
        return 0;
}

int operation_lock_images(struct operation *o, const struct operation_request *requests, size_t n, int *ret,
                          struct error *error)
{
        const struct lock_listener listener = {on_wait, o};
        _cleanup_strv_ char **names = NULL;
        char *name;

        for (size_t i = 0; i < n; i++)
                if (resolve_name(o, requests[i].image, &name) < 0 || strv_consume(&names, name) < 0)
                        return error_set_oom(error);
        return image_lock(o->root_fd, o->layout, names, &listener, ret, error);
}

static int error_unit_exists(const char *name, const char *directory, const struct attached_index *index,
                             struct error *error)
{
        for (size_t i = 0; index && i < index->n_units; i++) {
                const struct attached_unit *u = index->units + i;

                if (strcmp(u->name, name) == 0 && strcmp(u->directory, directory) == 0)
                        return error_set(
                                error, ERROR_UNIT_EXISTS, EEXIST,
                                "Unit file '%s' exists on the host already, as '%s/%s', refusing (it "
                                "is of the attached image '%s': detach that, or use reattach)",
                                name, directory, name, u->paths[0]);
        }
        return error_set(error, ERROR_UNIT_EXISTS, EEXIST,
                         "Unit file '%s' exists on the host already, as '%s/%s', refusing", name, directory,
                         name);
}

int operation_check_units_absent(struct operation *o, const char *const *names, size_t n,
                                 const struct attached_index *index, struct error *error)
{
        for (char **directory = o->unit_path; *directory; directory++) {
                _cleanup_close_ int fd = fd_open_in_root(o->root_fd, *directory, O_PATH | O_DIRECTORY, 0);
                struct stat st;

                for (size_t i = 0; fd >= 0 && i < n; i++) {
                        _cleanup_free_ char *real = NULL;

                        if (fstatat(fd, names[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
                                continue;
                        /* One name for a directory that has several: managers differ in whether they say
                         * /lib or /usr/lib first. */
                        if (fd_path_in_root(o->root_fd, fd, &real) == -ENOMEM)
                                return error_set_oom(error);
                        return error_unit_exists(names[i], real ? real : *directory, index, error);
                }
        }
        return 0;
}

int operation_check_unit_absent(struct operation *o, const char *name, const struct attached_index *index,
                                struct error *error)
{
        return operation_check_units_absent(o, &name, 1, index, error);
}

int operation_get_active(struct operation *o, char *const *names, struct name_set **ret, struct error *error)
{
        int r;

        if (!o->online) {
                *ret = NULL;
                return 0;
        }
        r = operation_connect(o, error);
        return r < 0 ? r : manager_list_active(o->bus, names, ret, error);
}

/* More than these are rather stopped by a pattern. */
#define INSTANCES_MAX 5

int operation_error_active(const struct operation *o, const struct name_set *active, const char *name,
                           const char *what, const char *advice, struct error *error)
{
        const char *option = layout_option(o->layout);
        _cleanup_free_ char *list = NULL, *pattern = NULL, *shown = NULL;
        _cleanup_strv_ char **instances = NULL;
        size_t n;

        if (name_set_list_instances(active, name, &instances) < 0)
                return error_set_oom(error);
        n = strv_length(instances);
        if (n == 0)
                return error_set(error, ERROR_UNIT_EXISTS, EEXIST,
                                 "Unit '%s' is active%s (stop it with: systemctl%s stop '%s'%s)", name, what,
                                 option, name, advice);
        pattern = pattern_for_instances(name);
        list = n > INSTANCES_MAX ? pattern ? strdup(pattern) : NULL : strv_join(instances, "' '");
        shown = list ? text_escape(list) : NULL;
        if (!shown)
                return error_set_oom(error);
        return error_set(error, ERROR_UNIT_EXISTS, EEXIST,
                         "Unit '%s' has %zu active instance%s%s (stop with: systemctl%s stop '%s'%s)", name,
                         n, n > 1 ? "s" : "", what, option, shown, advice);
}

int operation_get_names(const struct operation_request *request, char ***ret)
{
        _cleanup_strv_ char **names = NULL;
        int r;

        r = strv_consume(&names, image_name_from_path(request->image));
        for (char *const *e = request->extensions; r >= 0 && e && *e; e++)
                r = strv_consume(&names, image_name_from_path(*e));
        if (r < 0)
                return r;
        *ret = steal_pointer(names);
        return 0;
}

int operation_resolve_names(struct operation *o, const struct operation_request *request, char ***ret)
{
        _cleanup_strv_ char **names = NULL;
        char *name;

        for (size_t i = 0; i == 0 || (request->extensions && request->extensions[i - 1]); i++)
                if (resolve_name(o, i ? request->extensions[i - 1] : request->image, &name) < 0 ||
                    strv_consume(&names, name) < 0)
                        return -ENOMEM;
        *ret = steal_pointer(names);
        return 0;
}

/* Keeps the indices of units with this runtime flag, in place; returns how many. */
static size_t filter_runtime(const struct attached_index *index, size_t *found, size_t n, bool runtime)
{
        size_t kept = 0;

        for (size_t i = 0; i < n; i++)
                if (index->units[found[i]].runtime == runtime)
                        found[kept++] = found[i];
        return kept;
}

/* ret->n is 0 where there are none. */
static int find_by_names(const struct attached_index *index, char *const *names, bool runtime,
                         struct unit_selection *ret)
{
        static const enum attached_match order[] = {ATTACHED_EXACT, ATTACHED_PARTIAL};

        *ret = (struct unit_selection){.index = index};
        for (size_t i = 0; i < ELEMENTSOF(order); i++) {
                _cleanup_free_ size_t *found = NULL;
                size_t n;

                if (attached_index_find(index, names, order[i], &found, &n) < 0)
                        return -ENOMEM;
                n = filter_runtime(index, found, n, runtime);
                if (n == 0)
                        continue;
                ret->units = steal_pointer(found);
                ret->n = n;
                return 0;
        }
        return 0;
}

/* It is attached, though with other extensions than were given: which. 0 if it is not. */
static int error_other_layers(const char *shown, const struct attached_index *index, char *const *names,
                              bool runtime, struct error *error)
{
        for (size_t i = 0; i < index->n_units; i++) {
                const struct attached_unit *u = index->units + i;
                _cleanup_free_ char *options = NULL, *escaped = NULL;

                if (u->runtime != runtime || strcmp(u->names[0], names[0]) != 0)
                        continue;
                if (!u->names[1])
                        return error_set(
                                error, ERROR_NO_SUCH_UNIT, ENXIO,
                                "Image '%s' is attached without these extensions: leave out --extension=",
                                shown);
                options = strv_join(u->names + 1, " --extension=");
                escaped = options ? text_escape(options) : NULL;
                if (!escaped)
                        return error_set_oom(error);
                return error_set(
                        error, ERROR_NO_SUCH_UNIT, ENXIO,
                        "Image '%s' is attached with other extensions than that: give --extension=%s", shown,
                        escaped);
        }
        return 0;
}

static int error_not_attached(const char *image, const struct attached_index *index, char *const *names,
                              bool runtime, struct error *error)
{
        _cleanup_free_ char *shown = text_escape(image);
        _cleanup_unit_selection_ struct unit_selection found = {};
        int r;

        if (find_by_names(index, names, !runtime, &found) < 0)
                return error_set_oom(error);
        if (found.n > 0)
                return error_set(
                        error, ERROR_NO_SUCH_UNIT, ENXIO,
                        "No units of image '%s' are attached %s, but there are some %s: %s --runtime",
                        shown ?: "?", runtime ? "until the next boot" : "for good",
                        runtime ? "for good" : "until the next boot", runtime ? "leave out" : "use");
        r = error_other_layers(shown ?: "?", index, names, runtime, error);
        if (r < 0)
                return r;
        return error_set(error, ERROR_NO_SUCH_UNIT, ENXIO, "No units of image '%s' are attached to the host",
                         shown ?: "?");
}

/* Those that apply attached for the definition, whatever image they are of by now. */
static int find_by_definition(const struct attached_index *index, const char *definition, bool runtime,
                              struct unit_selection *ret)
{
        size_t *units, n = 0;

        *ret = (struct unit_selection){.index = index};
        if (!definition)
                return 0;
        units = calloc(index->n_units + 1, sizeof(*units));
        if (!units)
                return -ENOMEM;
        for (size_t i = 0; i < index->n_units; i++)
                if (index->units[i].runtime == runtime && index->units[i].definition &&
                    strcmp(index->units[i].definition, definition) == 0)
                        units[n++] = i;
        ret->units = units;
        ret->n = n;
        return 0;
}

/* What is attached for another definition is none of this one's. */
static void leave_out_others(const char *definition, struct unit_selection *found)
{
        size_t kept = 0;

        for (size_t i = 0; definition && i < found->n; i++) {
                const char *its = unit_selection_at(found, i)->definition;

                if (!its || strcmp(its, definition) == 0)
                        found->units[kept++] = found->units[i];
        }
        found->n = definition ? kept : found->n;
}

int operation_find_attached(struct operation *o, const struct attached_index *index,
                            const struct operation_request *request, bool runtime,
                            struct unit_selection *ret, struct error *error)
{
        _cleanup_strv_ char **names = NULL, **resolved = NULL;
        struct unit_selection found;

        if (find_by_definition(index, request->definition, runtime, &found) < 0)
                return error_set_oom(error);
        if (found.n > 0) {
                *ret = found;
                return 0;
        }
        unit_selection_clear(&found);
        if (operation_get_names(request, &names) < 0 || find_by_names(index, names, runtime, &found) < 0)
                return error_set_oom(error);
        /* Perhaps a link of another name. */
        if (found.n == 0 && (operation_resolve_names(o, request, &resolved) < 0 ||
                             find_by_names(index, resolved, runtime, &found) < 0))
                return error_set_oom(error);
        leave_out_others(request->definition, &found);
        if (found.n == 0) {
                unit_selection_clear(&found);
                return error_not_attached(request->image, index, names, runtime, error);
        }
        *ret = found;
        return 0;
}

int operation_list_attached(struct operation *o, const struct operation_request *request, bool runtime,
                            char ***ret, struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_unit_selection_ struct unit_selection found = {};
        int r = attached_index_read(o->root_fd, o->layout, &index, error);

        if (r >= 0)
                r = operation_find_attached(o, &index, request, runtime, &found, error);
        if (r == -ENXIO) {
                error_clear(error);
                return 0;
        }
        for (size_t i = 0; r >= 0 && i < found.n; i++) {
                const char *name = unit_selection_at(&found, i)->name;

                if (unit_name_matches_any(name, request->matches) && strv_append(ret, name) < 0)
                        return error_set_oom(error);
        }
        return r;
}

bool operation_can_write(struct operation *o, const char *directory)
{
        _cleanup_close_ int fd = fd_open_in_root(o->root_fd, directory, O_PATH | O_DIRECTORY, 0);
        _cleanup_free_ char *above = NULL;
        struct statvfs st;

        if (fd >= 0)
                return fstatvfs(fd, &st) < 0 || !(st.f_flag & ST_RDONLY);
        above = strcmp(directory, "/") != 0 ? path_directory(directory) : NULL;
        return !above || operation_can_write(o, above);
}

bool operation_can_remove(struct operation *o, const char *directory)
{
        _cleanup_free_ char *above = path_directory(directory);
        _cleanup_close_ int fd = -EBADF;
        struct statx stx;

        fd = above ? fd_open_in_root(o->root_fd, above, O_PATH | O_DIRECTORY, 0) : -ENOMEM;
        if (fd < 0 || statx(fd, path_base(directory), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &stx) < 0)
                return false;
        return S_ISDIR(stx.stx_mode) && !(stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) &&
               operation_can_write(o, above);
}

const char *operation_attach_directory(struct operation *o, bool runtime)
{
        const char *attached = layout_attach_directory(o->layout, runtime, false),
                   *shared = layout_attach_directory(o->layout, runtime, true);

        if (strcmp(ATTACH_LAYOUT, "auto") == 0)
                return strv_contains(o->unit_path, attached) ? attached : shared;
        return strcmp(ATTACH_LAYOUT, "system") == 0 ? shared : attached;
}
