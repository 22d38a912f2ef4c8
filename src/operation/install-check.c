/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/install-check.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "manager/pattern.h"
#include "operation/install-source.h"
#include "operation/operation.h"
#include "unitfile/dropin.h"
#include "unitfile/merged.h"
#include "unitfile/words.h"

struct install_check {
        const struct install_source *source;
        const char *verb;
        const char *unit;
        const char *instance; /* that a template is enabled as, if it says so */
        char *const *paths;
};

static bool is_own(const struct install_check *c, const char *name)
{
        for (char *const *path = c->paths; *path; path++)
                if (strcmp(path_base(*path), name) == 0)
                        return true;
        return false;
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

static int check_expanded(const struct install_check *c, const char *key, const char *name,
                          struct error *error)
{
        _cleanup_free_ char *template = NULL, *path = NULL;
        int r;

        if (strchr(name, '/') || is_own(c, name))
                return 0;
        if (unit_name_get_template(name, &template) < 0)
                return error_set_oom(error);
        r = install_source_find(c->source, name, c->unit, &path, error);
        if (r >= 0 && !path && template && !is_own(c, template))
                r = install_source_find(c->source, template, c->unit, &path, error);
        if (r < 0 || !path)
                return r;
        return error_set(error, ERROR_UNIT_EXISTS, EEXIST,
                         "Cannot %s '%s': its %s=%s is a unit of the host, '%s'", c->verb, c->unit, key,
                         name, path);
}

/* As a unit is enabled: a template as it is, and as its default instance. */
static int check_name(const struct install_check *c, const char *key, const char *name, struct error *error)
{
        const char *const units[] = {c->unit, c->instance};

        for (size_t i = 0; i < ELEMENTSOF(units) && units[i]; i++) {
                _cleanup_free_ char *expanded = NULL;
                int r;

                if (expand(units[i], name, &expanded) < 0)
                        return error_set_oom(error);
                if (!expanded)
                        return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                         "Cannot %s '%s': which unit its %s=%s is depends on the host",
                                         c->verb, c->unit, key, name);
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

static int check_key(const struct install_check *c, const struct unit_merged *m, const char *key,
                     struct error *error)
{
        _cleanup_unit_merged_words_ struct unit_merged_words w = {};
        int r;

        while ((r = unit_merged_next_word(m, "Install", key, &w)) > 0) {
                r = check_name(c, key, w.words.word, error);
                if (r < 0)
                        return r;
        }
        return r < 0 ? error_set_oom(error) : 0;
}

static int check_file(struct install_check *c, const char *path, bool enable, struct error *error)
{
        _cleanup_unit_merged_ struct unit_merged m = {};
        _cleanup_free_ char *instance = NULL, *text = NULL;
        size_t size;
        int r = install_source_read(c->source, path, &text, &size, error);

        if (r < 0) {
                if (r != -ENOENT)
                        error_prefix(error,
                                     "Cannot %s '%s', whose [Install] section is not known: ", c->verb,
                                     c->unit);
                return r;
        }
        if (unit_merged_read(&(struct unit_source){text, size}, 1, &m) < 0 ||
            get_instance(&m, c->unit, &instance) < 0)
                return error_set_oom(error);
        c->instance = instance;
        r = enable ? check_key(c, &m, "Alias", error) : 0;
        return r < 0 ? r : check_key(c, &m, "Also", error);
}

int install_check_enable(const struct install_source *source, const char *path, char *const *paths,
                         struct error *error)
{
        struct install_check c = {
                .source = source, .verb = "enable", .unit = path_base(path), .paths = paths};

        return check_file(&c, path, true, error);
}

int install_check_disable(const struct install_source *source, const char *unit, char *const *units,
                          struct error *error)
{
        struct install_check c = {
                .source = source, .verb = "disable", .unit = path_base(unit), .paths = units};
        int r = 0;

        for (size_t i = 0; i < LAYOUT_ATTACH_MAX && r >= 0; i++) {
                _cleanup_free_ char *path = path_join(source->operation->layout->attach[i].path, c.unit);

                if (!path)
                        return error_set_oom(error);
                r = check_file(&c, path, false, error);
                if (r == -ENOENT) {
                        error_clear(error);
                        r = 0;
                }
        }
        return r;
}
