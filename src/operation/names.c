/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attached/index.h"
#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "manager/list.h"
#include "operation/check.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "unitfile/dropin.h"

int unit_name_check_reach(const char *name, struct error *error)
{
        const char *end;

        if (!unit_name_is_prefix(name))
                return 0;
        end = strchr(name, '@') ?: strrchr(name, '.');
        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "The drop-in directory of unit '%s' is that of all units of the host whose names "
                         "begin with '%.*s', too, refusing: its name must not end in a dash",
                         name, (int)(end - name), name);
}

/* The directory of the unit path that has the name; NULL if none has. */
static const char *find_unit_file(const struct operation *o, const char *name)
{
        for (char **directory = o->unit_path; *directory; directory++) {
                _cleanup_close_ int fd = fd_open_in_root(o->root_fd, *directory, O_PATH | O_DIRECTORY, 0);
                struct stat st;

                if (fd >= 0 && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) >= 0)
                        return *directory;
        }
        return NULL;
}

static int check_template(const struct operation *o, const char *name, const struct name_set *own,
                          struct error *error)
{
        _cleanup_free_ char *template = NULL;
        const char *directory;

        if (unit_name_get_template(name, &template) < 0)
                return error_set_oom(error);
        if (!template || name_set_contains(own, template))
                return 0;
        directory = find_unit_file(o, template);
        if (!directory)
                return 0;
        return error_set(error, ERROR_UNIT_EXISTS, EEXIST,
                         "Unit '%s' is an instance of a template of the host, '%s/%s', refusing", name,
                         directory, template);
}

/* An entry of a directory of units is an instance of the template, and not only a link to that. 1, 0 or
 * -ENOMEM. */
static int is_instance(int dir_fd, const char *entry, const char *template)
{
        _cleanup_free_ char *its = NULL, *target = NULL;

        if (!unit_name_is_valid(entry))
                return 0;
        if (unit_name_get_template(entry, &its) < 0)
                return -ENOMEM;
        if (!its || strcmp(its, template) != 0)
                return 0;
        return fd_readlink(dir_fd, entry, &target) < 0 || strcmp(path_base(target), template) != 0;
}

static int check_directory(const char *path, DIR *d, const char *template, const struct name_set *own,
                           struct error *error)
{
        struct dirent *de;
        int k;

        while ((k = directory_next(d, &de)) > 0) {
                int r;

                if (!strchr(de->d_name, '@') || name_set_contains(own, de->d_name))
                        continue;
                r = is_instance(dirfd(d), de->d_name, template);
                if (r < 0)
                        return error_set_oom(error);
                if (r > 0)
                        return error_set(error, ERROR_UNIT_EXISTS, EEXIST,
                                         "Unit '%s' would be the template of a unit of the host, '%s/%s', "
                                         "refusing",
                                         template, path, de->d_name);
        }
        return k < 0 ? error_set_errno(error, k, "Cannot list '%s'", path) : 0;
}

static int check_instances(const struct operation *o, const char *name, const struct name_set *own,
                           struct error *error)
{
        const char *at = strchr(name, '@');

        if (!at || at[1] != '.')
                return 0;
        for (char **directory = o->unit_path; *directory; directory++) {
                _cleanup_closedir_ DIR *d = NULL;
                int r = directory_open_in_root(o->root_fd, *directory, &d);

                r = r < 0 ? error_set_errno(error, r, "Cannot list '%s'", *directory)
                          : check_directory(*directory, d, name, own, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* What lies in it would count for the unit, and what is written there for what it is of. */
static int check_dropins(const struct operation *o, const char *name, const char *attach_directory,
                         struct error *error)
{
        _cleanup_close_ int fd = fd_open_in_root(o->root_fd, attach_directory, O_PATH | O_DIRECTORY, 0);
        _cleanup_free_ char *entry = NULL;
        struct stat st;

        if (asprintf(&entry, "%s.d", name) < 0) {
                entry = NULL;
                return error_set_oom(error);
        }
        if (fd < 0 || fstatat(fd, entry, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        return error_set(error, ERROR_UNIT_EXISTS, EEXIST,
                         "Unit '%s' has drop-ins of the host already, in '%s/%s', refusing", name,
                         attach_directory, entry);
}

int operation_check_kin(struct operation *o, const char *name, const struct name_set *own,
                        const char *attach_directory, struct error *error)
{
        int r = check_template(o, name, own, error);

        if (r >= 0)
                r = check_instances(o, name, own, error);
        return r < 0 ? r : check_dropins(o, name, attach_directory, error);
}

int operation_get_own_names(const struct prepared *p, const struct unit_selection *replaced,
                            struct name_set **ret)
{
        _cleanup_name_set_ struct name_set *own = name_set_new();

        if (!own)
                return -ENOMEM;
        for (size_t i = 0; i < p->n_units; i++)
                if (name_set_add(own, p->units[i].file->name) < 0)
                        return -ENOMEM;
        for (size_t i = 0; i < replaced->n; i++)
                if (name_set_add(own, unit_selection_at(replaced, i)->name) < 0)
                        return -ENOMEM;
        *ret = steal_pointer(own);
        return 0;
}

int operation_check_reach(const struct prepared *p, struct error *error)
{
        for (size_t i = 0; i < p->n_units; i++) {
                int r = unit_name_check_reach(p->units[i].file->name, error);

                if (r < 0)
                        return r;
        }
        return 0;
}
