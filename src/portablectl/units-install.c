/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/units-install.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "operation/operation.h"
#include "portablectl/client.h"
#include "portablectl/offline.h"
#include "unitfile/dropin.h"
#include "unitfile/merged.h"
#include "unitfile/words.h"

#define UNIT_SIZE_MAX (1024U * 1024U)

struct check {
        struct operation o;
        const char *unit;
        char *const *paths;
};

static bool is_own(const struct check *c, const char *name)
{
        for (char *const *path = c->paths; *path; path++)
                if (strcmp(path_base(*path), name) == 0)
                        return true;
        return false;
}

/* The path of a unit file of the host, NULL if there is none; a link to the unit itself is none. -ENOMEM. */
static int find(const struct check *c, const char *name, char **ret)
{
        *ret = NULL;
        for (char **directory = c->o.unit_path; *directory; directory++) {
                _cleanup_free_ char *path = path_join(*directory, name), *target = NULL;
                _cleanup_close_ int fd = -EBADF;

                if (!path)
                        return -ENOMEM;
                fd = fd_open_in_root(c->o.root_fd, path, O_PATH | O_NOFOLLOW, 0);
                if (fd < 0 || (fd_readlink(fd, "", &target) >= 0 && strcmp(path_base(target), c->unit) == 0))
                        continue;
                *ret = steal_pointer(path);
                return 0;
        }
        return 0;
}

static int check_name(const struct check *c, const char *key, const char *name, struct error *error)
{
        _cleanup_free_ char *template = NULL, *path = NULL;

        if (strchr(name, '%') || strchr(name, '/') || is_own(c, name))
                return 0;
        if (find(c, name, &path) < 0 || unit_name_get_template(name, &template) < 0)
                return error_set_oom(error);
        if (!path && template && !is_own(c, template) && find(c, template, &path) < 0)
                return error_set_oom(error);
        if (!path)
                return 0;
        return error_set(error, ERROR_UNIT_EXISTS, EEXIST,
                         "Cannot enable '%s': its %s=%s is a unit of the host, '%s'", c->unit, key, name,
                         path);
}

static int check_text(const struct check *c, const char *text, size_t size, struct error *error)
{
        static const char *const keys[] = {"Alias", "Also"};
        _cleanup_unit_merged_ struct unit_merged m = {};
        int r = unit_merged_read(&(struct unit_source){text, size}, 1, &m);

        if (r < 0)
                return error_set_oom(error);
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                for (const struct unit_setting *s = NULL;
                     (s = unit_merged_next(&m, "Install", keys[i], s));) {
                        _cleanup_unit_words_ struct unit_words w = {};

                        if (unit_words_begin(&w, s->value) < 0)
                                return error_set_oom(error);
                        while (r >= 0 && unit_words_next(&w))
                                r = check_name(c, keys[i], w.word, error);
                        if (r < 0)
                                return r;
                }
        return 0;
}

int units_check_install(struct client *client, const char *path, char *const *paths, struct error *error)
{
        _cleanup_close_ int root = -EBADF;
        _cleanup_free_ char *text = NULL;
        struct check c = {.unit = path_base(path), .paths = paths};
        size_t size;
        int r;

        if (client->options->host || client->options->machine)
                return 0;
        root = client->offline ? fcntl(offline_root_fd(client->offline), F_DUPFD_CLOEXEC, 3)
                               : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root < 0)
                return error_set_errno(error, -errno, "Cannot open the root directory");
        r = fd_read_file_in_root(root, path, UNIT_SIZE_MAX, &text, &size);
        if (r == -EACCES) /* a link into an image that only root may enter */
                return 0;
        if (r < 0)
                return error_set_errno(error, r, "Cannot read '%s'", path);
        r = operation_begin(root, false, &c.o, error);
        if (r < 0)
                return r;
        r = check_text(&c, text, size, error);
        operation_end(&c.o);
        return r;
}
