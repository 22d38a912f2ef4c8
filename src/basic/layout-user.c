/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/*
 * The table of the system once more, as a user has it: %h is the home directory, %E $XDG_CONFIG_HOME, %S
 * $XDG_STATE_HOME, %C $XDG_CACHE_HOME, %D $XDG_DATA_HOME, %t $XDG_RUNTIME_DIR, as in systemd.unit(5),
 * "Specifiers". Links that attach makes lie in the search path, so that they are images, as in the system.
 * Attach directories of the user's own are known to service managers from 262 on, the shared ones to all.
 */
static const struct layout patterns = {
        .scope = LAYOUT_USER,
        .images = LIST("%E/portables", "%t/portables", "%S/portables", "%h/.local/lib/portables"),
        .pool = "%S/portables",
        .links = "%E/portables",
        .links_runtime = "%t/portables",
        .attach =
                {
                        {"%E/systemd/user.attached", false, false},
                        {"%t/systemd/user.attached", true, false},
                        {"%E/systemd/user", false, true},
                        {"%t/systemd/user", true, true},
                },
        .profiles = LIST("%E/systemd/portable/profile", "%t/systemd/portable/profile",
                         "/etc/systemd/user/portable/profile", "/run/systemd/user/portable/profile",
                         "/usr/local/lib/systemd/user/portable/profile",
                         "/usr/lib/systemd/user/portable/profile"),
        .profiles_end = "/portable/profile",
        .definitions = LIST("%E/systemd/portable", "%t/systemd/portable", "/etc/systemd/user/portable",
                            "/run/systemd/user/portable", "/usr/local/lib/systemd/user/portable",
                            "/usr/lib/systemd/user/portable"),
        .config = LIST("%E/systemd", "/etc/systemd", "/run/systemd", "/usr/local/lib/systemd",
                       "/usr/lib/systemd"),
        .units = LIST("%E/systemd/user.control", "%t/systemd/user.control", "%t/systemd/transient",
                      "%t/systemd/generator.early", "%E/systemd/user", "/etc/systemd/user",
                      "%t/systemd/user", "/run/systemd/user", "%t/systemd/generator", "%D/systemd/user",
                      "/usr/local/share/systemd/user", "/usr/share/systemd/user",
                      "/usr/local/lib/systemd/user", "/usr/lib/systemd/user", "%t/systemd/generator.late"),
        .enabled = LIST("%E/systemd/user.control", "%E/systemd/user", "%E/systemd/user.attached",
                        "/etc/systemd/user", "%t/systemd/user", "%t/systemd/user.attached"),
        .image_units =
                LIST("/etc/systemd/user", "/run/systemd/user", "/usr/local/share/systemd/user",
                     "/usr/share/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user"),
        .bases = {"%S", "%C", "%S/log", "%E", "%t"},
        .bases_old = {"%E", "%C", "%E/log", "%E", "%t"},
        .bus = "%t/bus",
        .work = LIST("%E/systemd", "%E", "%h"),
        .work_runtime = LIST("%t/systemd", "%t"),
        .work_written = LIST("%E/systemd/user.attached", "%E/systemd/user", "%E/portables"),
        .work_all = LIST("%E/systemd", "%t/systemd", "%E", "%t", "%h", "%E/systemd/user.attached",
                         "%E/systemd/user", "%E/portables"),
        .lock = "%t/systemd/portabled.lock",
        .lock_directories = LIST("%t", "%t/systemd"),
        .lock_read_only = "%E/systemd/portabled.lock",
};

static const char *value_of(const struct layout_user *user, char letter)
{
        switch (letter) {
        case 'h':
                return user->home;
        case 'E':
                return user->config_home;
        case 'S':
                return user->state_home;
        case 'C':
                return user->cache_home;
        case 'D':
                return user->data_home;
        default:
                return user->runtime_dir;
        }
}

/* Takes a path of the table over to *ret, allocated. */
static int expand(const struct layout_user *user, const char *pattern, const char **ret)
{
        const char *rest = pattern[0] == '%' ? pattern + 2 : "";

        *ret = pattern[0] != '%' ? strdup(pattern)
               : *rest           ? path_join(value_of(user, pattern[1]), rest + 1)
                                 : strdup(value_of(user, pattern[1]));
        return *ret ? 0 : -ENOMEM;
}

static int expand_list(const struct layout_user *user, const char *const *list, const char *const **ret)
{
        _cleanup_strv_ char **expanded = NULL;

        for (; *list; list++) {
                const char *path;

                if (expand(user, *list, &path) < 0 || strv_consume(&expanded, (char *)path) < 0)
                        return -ENOMEM;
        }
        *ret = (const char *const *)steal_pointer(expanded);
        return 0;
}

static int fill(const struct layout_user *user, struct layout *l)
{
        const struct {
                const char *pattern, **ret;
        } paths[] = {
                {patterns.pool, &l->pool},
                {patterns.links, &l->links},
                {patterns.links_runtime, &l->links_runtime},
                {patterns.bus, &l->bus},
                {patterns.lock, &l->lock},
                {patterns.lock_read_only, &l->lock_read_only},
        };
        const struct {
                const char *const *patterns, *const **ret;
        } lists[] = {
                {patterns.images, &l->images},
                {patterns.profiles, &l->profiles},
                {patterns.definitions, &l->definitions},
                {patterns.config, &l->config},
                {patterns.units, &l->units},
                {patterns.enabled, &l->enabled},
                {patterns.image_units, &l->image_units},
                {patterns.work, &l->work},
                {patterns.work_runtime, &l->work_runtime},
                {patterns.work_written, &l->work_written},
                {patterns.work_all, &l->work_all},
                {patterns.lock_directories, &l->lock_directories},
        };
        int r = 0;

        l->scope = patterns.scope;
        l->profiles_end = patterns.profiles_end;
        for (size_t i = 0; r >= 0 && i < LAYOUT_ATTACH_MAX; i++) {
                l->attach[i] = patterns.attach[i];
                r = expand(user, patterns.attach[i].path, &l->attach[i].path);
        }
        for (size_t i = 0; r >= 0 && i < LAYOUT_BASE_MAX; i++) {
                r = expand(user, patterns.bases[i], &l->bases[i]);
                if (r >= 0)
                        r = expand(user, patterns.bases_old[i], &l->bases_old[i]);
        }
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(paths); i++)
                r = expand(user, paths[i].pattern, paths[i].ret);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(lists); i++)
                r = expand_list(user, lists[i].patterns, lists[i].ret);
        return r;
}

/* A directory of the environment without a slash at its end, or the default below the home directory. */
static char *directory(const char *value, const char *home, const char *otherwise)
{
        char *path = value && value[0] == '/' ? strdup(value)
                     : otherwise              ? path_join(home, otherwise)
                                              : NULL;

        for (size_t n = path ? strlen(path) : 0; n > 1 && path[n - 1] == '/'; n--)
                path[n - 1] = '\0';
        return path;
}

int layout_new_user(const struct layout_user *user, struct layout **ret)
{
        _cleanup_free_ char *home = directory(user->home, NULL, NULL),
                            *run = directory(user->runtime_dir, NULL, NULL), *config = NULL, *state = NULL,
                            *cache = NULL, *data = NULL;
        _cleanup_layout_ struct layout *l = calloc(1, sizeof(struct layout));

        if (!l)
                return -ENOMEM;
        if (!home || !run || !path_is_normalized(home) || !path_is_normalized(run))
                return -ENXIO;
        config = directory(user->config_home, home, ".config");
        state = directory(user->state_home, home, ".local/state");
        cache = directory(user->cache_home, home, ".cache");
        data = directory(user->data_home, home, ".local/share");
        if (!config || !state || !cache || !data)
                return -ENOMEM;
        if (fill(&(struct layout_user){home, config, state, cache, data, run}, l) < 0)
                return -ENOMEM;
        *ret = steal_pointer(l);
        return 0;
}

const char *layout_find_foreign(void)
{
        static const char *const names[] = {"XDG_RUNTIME_DIR", "HOME",           "XDG_CONFIG_HOME",
                                            "XDG_STATE_HOME",  "XDG_CACHE_HOME", "XDG_DATA_HOME"};
        struct stat st;

        for (size_t i = 0; geteuid() == 0 && i < ELEMENTSOF(names); i++) {
                const char *path = getenv(names[i]);

                if (path && stat(path, &st) >= 0 && st.st_uid != 0)
                        return names[i];
        }
        return NULL;
}

static const char *find_variable(char *const *environment, const char *name)
{
        size_t n = strlen(name);

        for (; environment && *environment; environment++)
                if (strncmp(*environment, name, n) == 0 && (*environment)[n] == '=')
                        return *environment + n + 1;
        return NULL;
}

int layout_new_by_environment(char *const *environment, struct layout **ret)
{
        const struct layout_user user = {
                .home = find_variable(environment, "HOME"),
                .config_home = find_variable(environment, "XDG_CONFIG_HOME"),
                .state_home = find_variable(environment, "XDG_STATE_HOME"),
                .cache_home = find_variable(environment, "XDG_CACHE_HOME"),
                .data_home = find_variable(environment, "XDG_DATA_HOME"),
                .runtime_dir = find_variable(environment, "XDG_RUNTIME_DIR"),
        };

        return layout_new_user(&user, ret);
}

int layout_new_own(struct layout **ret)
{
        return layout_new_by_environment(environ, ret);
}

struct layout *layout_free(struct layout *l)
{
        if (!l)
                return NULL;
        for (size_t i = 0; i < LAYOUT_ATTACH_MAX; i++)
                free((char *)l->attach[i].path);
        for (size_t i = 0; i < LAYOUT_BASE_MAX; i++) {
                free((char *)l->bases[i]);
                free((char *)l->bases_old[i]);
        }
        free((char *)l->pool);
        free((char *)l->bus);
        free((char *)l->links);
        free((char *)l->links_runtime);
        free((char *)l->lock);
        free((char *)l->lock_read_only);
        strv_free((char **)l->images);
        strv_free((char **)l->profiles);
        strv_free((char **)l->definitions);
        strv_free((char **)l->config);
        strv_free((char **)l->units);
        strv_free((char **)l->enabled);
        strv_free((char **)l->image_units);
        strv_free((char **)l->work);
        strv_free((char **)l->work_runtime);
        strv_free((char **)l->work_written);
        strv_free((char **)l->work_all);
        strv_free((char **)l->lock_directories);
        free(l);
        return NULL;
}

void cleanup_layoutp(struct layout **l)
{
        layout_free(*l);
}
