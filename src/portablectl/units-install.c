/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/units-install.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "manager/pattern.h"
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
        const char *instance; /* that a template is enabled as, if it says so */
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

/* What a specifier of [Install] stands for in a unit of this name; false if that depends on the host, or if
 * there is none. Source: systemd.unit(5), "SPECIFIERS". */
static bool get_specifier(const char *unit, char letter, const char **ret, size_t *ret_n)
{
        const char *dot = strrchr(unit, '.') ?: unit + strlen(unit), *at = strchr(unit, '@');
        const char *prefix_end = at && at < dot ? at : dot, *last = unit;

        switch (letter) {
        case '%':
                *ret = "%";
                *ret_n = 1;
                return true;
        case 'n':
                *ret = unit;
                *ret_n = strlen(unit);
                return true;
        case 'N':
                *ret = unit;
                *ret_n = (size_t)(dot - unit);
                return true;
        case 'i':
                *ret = prefix_end < dot ? prefix_end + 1 : dot;
                *ret_n = (size_t)(dot - *ret);
                return true;
        case 'j':
                for (const char *s = unit; s < prefix_end; s++)
                        if (*s == '-')
                                last = s + 1;
                break;
        case 'p':
                break;
        default:
                return false;
        }
        *ret = last;
        *ret_n = (size_t)(prefix_end - last);
        return true;
}

/* *ret is NULL if what it says depends on the host. -ENOMEM. */
static int expand(const char *unit, const char *text, char **ret)
{
        _cleanup_free_ char *name = malloc(strlen(text) * (strlen(unit) + 1) + 1);
        char *end = name;

        if (!name)
                return -ENOMEM;
        *ret = NULL;
        for (; *text; text++) {
                const char *part = text;
                size_t n = 1;

                if (*text == '%' && !get_specifier(unit, *++text, &part, &n))
                        return 0;
                end = mempcpy(end, part, n);
        }
        *end = '\0';
        *ret = steal_pointer(name);
        return 0;
}

static int check_expanded(const struct check *c, const char *key, const char *name, struct error *error)
{
        _cleanup_free_ char *template = NULL, *path = NULL;

        if (strchr(name, '/') || is_own(c, name))
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

/* As a unit is enabled: a template as it is, and as its default instance. */
static int check_name(const struct check *c, const char *key, const char *name, struct error *error)
{
        const char *const units[] = {c->unit, c->instance};

        for (size_t i = 0; i < ELEMENTSOF(units) && units[i]; i++) {
                _cleanup_free_ char *expanded = NULL;
                int r;

                if (expand(units[i], name, &expanded) < 0)
                        return error_set_oom(error);
                if (!expanded)
                        return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                         "Cannot enable '%s': which unit its %s=%s is depends on the host",
                                         c->unit, key, name);
                r = check_expanded(c, key, expanded, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The default instance of a template: *ret, NULL if there is none. */
static int get_instance(const struct unit_merged *m, const char *unit, char **ret)
{
        const struct unit_setting *s = unit_merged_get(m, "Install", "DefaultInstance");
        const char *at = strchr(unit, '@');

        *ret = NULL;
        if (!s || !at || !unit_name_is_template(unit))
                return 0;
        return asprintf(ret, "%.*s%s%s", (int)(at - unit) + 1, unit, s->value, at + 1) < 0 ? -ENOMEM : 0;
}

static int check_text(struct check *c, const char *text, size_t size, struct error *error)
{
        static const char *const keys[] = {"Alias", "Also"};
        _cleanup_unit_merged_ struct unit_merged m = {};
        _cleanup_free_ char *instance = NULL;
        int r = unit_merged_read(&(struct unit_source){text, size}, 1, &m);

        if (r < 0 || get_instance(&m, c->unit, &instance) < 0)
                return error_set_oom(error);
        c->instance = instance;
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
