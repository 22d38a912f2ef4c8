/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/install-source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "manager/manager.h"
#include "operation/operation.h"

#define UNIT_SIZE_MAX (1024U * 1024U)

int install_source_read(const struct install_source *s, const char *path, char **ret, size_t *ret_size,
                        struct error *error)
{
        int r;

        if (s->elsewhere)
                return s->ask(path_base(path), s->userdata, ret, ret_size, error);
        r = fd_read_file_in_root(s->operation->root_fd, path, UNIT_SIZE_MAX, ret, ret_size);
        /* A link into an image that only root may enter, perhaps. */
        if (r == -EACCES)
                return s->ask(path_base(path), s->userdata, ret, ret_size, error);
        return r < 0 ? error_set_errno(error, r, "Cannot read '%s'", path) : 0;
}

/* -EACCES if a directory may not be searched. */
static int find_here(const struct install_source *s, const char *name, const char *unit, char **ret)
{
        *ret = NULL;
        for (char **directory = s->operation->unit_path; *directory; directory++) {
                _cleanup_free_ char *path = path_join(*directory, name), *target = NULL;
                _cleanup_close_ int fd = -EBADF;

                if (!path)
                        return -ENOMEM;
                fd = fd_open_in_root(s->operation->root_fd, path, O_PATH | O_NOFOLLOW, 0);
                if (fd == -EACCES)
                        return fd;
                if (fd < 0 || (fd_readlink(fd, "", &target) >= 0 && strcmp(path_base(target), unit) == 0))
                        continue;
                *ret = steal_pointer(path);
                return 0;
        }
        return 0;
}

/* Whether the manager knows the unit by that name, too. */
static int is_name_of(const struct install_source *s, const char *name, const char *unit,
                      struct error *error)
{
        struct manager_unit_state *states = NULL;
        size_t n = 0;
        int r = manager_get_unit_states(s->bus, (char *[]){(char *)name, NULL}, &states, &n, error);

        if (r >= 0)
                r = n == 1 && strcmp(states[0].name, unit) == 0;
        manager_unit_states_free(states, n);
        return r;
}

static int find_there(const struct install_source *s, const char *name, const char *unit, char **ret,
                      struct error *error)
{
        struct manager_unit_file *files = NULL;
        size_t n = 0;
        int r = manager_get_unit_file_states(s->bus, (char *[]){(char *)name, NULL}, &files, &n, error);

        *ret = NULL;
        for (size_t i = 0; r >= 0 && i < n && !*ret; i++) {
                if (strcmp(files[i].name, name) != 0)
                        continue;
                r = strcmp(files[i].state, "alias") == 0 ? is_name_of(s, name, unit, error) : 0;
                if (r != 0)
                        continue;
                *ret = steal_pointer(files[i].path);
        }
        manager_unit_files_free(files, n);
        return r < 0 ? r : 0;
}

int install_source_find(const struct install_source *s, const char *name, const char *unit, char **ret,
                        struct error *error)
{
        int r = s->elsewhere ? -EACCES : find_here(s, name, unit, ret);

        if (r == -EACCES && s->bus)
                return find_there(s, name, unit, ret, error);
        return r < 0 ? error_set_errno(error, r, "Cannot look for unit '%s'", name) : 0;
}
