/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/error.h"
#include "basic/parse-time.h"
#include "basic/strv.h"
#include "portablectl/profile-arg.h"
#include "portablectl/suggest.h"
#include "wire/names.h"

/* getopt_long(3) gives the letter of an option, or this and its place in the table. */
#define CODE_FIRST 0x100

static int set_copy_mode(struct options *o, const char *mode, struct error *error)
{
        if (strcmp(mode, "help") == 0)
                o->list_copy_modes = true;
        else if (strcmp(mode, "auto") == 0)
                o->copy_mode = "";
        else if (strcmp(mode, "copy") == 0 || strcmp(mode, "symlink") == 0 || strcmp(mode, "mixed") == 0)
                o->copy_mode = mode;
        else
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Unknown copy mode '%s': --copy= takes auto, copy, symlink or mixed", mode);
        return 0;
}

static int set_profile(struct options *o, const char *profile, struct error *error)
{
        if (strcmp(profile, "help") == 0)
                o->list_profiles = true;
        else if (!profile_arg_is_valid(profile))
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Profile name '%s' is not valid: profiles have a name without a slash, or "
                                 "are the path of a file *.conf",
                                 profile);
        else
                o->profile = profile, o->profile_given = true;
        return 0;
}

static int set_connection(struct options *o, const char **where, const char *value, struct error *error)
{
        if (!*value)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "--host= and --machine= need a name");
        if ((o->host && where != &o->host) || (o->machine && where != &o->machine))
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "--host= and --machine= cannot be used together; try --host=HOST/MACHINE");
        *where = value;
        return 0;
}

static int set_json(struct options *o, const char *mode, struct error *error)
{
        if (strcmp(mode, "help") == 0)
                o->list_json_modes = true;
        else if (strcmp(mode, "pretty") == 0)
                o->json = JSON_PRETTY;
        else if (strcmp(mode, "short") == 0)
                o->json = JSON_SHORT;
        else if (strcmp(mode, "off") == 0)
                o->json = JSON_OFF;
        else
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Unknown JSON mode '%s': --json= takes short, pretty or off", mode);
        return 0;
}

static int set_root(struct options *o, const char *directory, struct error *error)
{
        if (!*directory)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "--root= needs a directory");
        o->root = directory;
        return 0;
}

static int set_timeout(struct options *o, const char *value, struct error *error)
{
        int r = time_parse(value, &o->timeout, error);

        if (r < 0)
                error_prefix(error, "--timeout=: ");
        else if (o->timeout == 0) /* as systemd's settings have it */
                o->timeout = UINT64_MAX;
        return r;
}

static int set_manager(struct options *o, const char *value, struct error *error)
{
        size_t n = strspn(value, "0123456789");

        if (n != 3 || value[n] || strcmp(value, "239") < 0)
                return error_set(
                        error, ERROR_INVALID_ARGS, EINVAL,
                        "'%s' is not a version of the service manager: --manager= takes 239 or more", value);
        o->manager = (unsigned)atoi(value);
        return 0;
}

static int set_scope(struct options *o, const char *scope, struct error *error)
{
        if (strcmp(scope, "system") != 0 && strcmp(scope, "user") != 0)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Unknown scope '%s': --scope= takes system or user", scope);
        o->scope = scope;
        return 0;
}

static int set_reload(struct options *o, const char *mode, struct error *error)
{
        if (strcmp(mode, "auto") == 0)
                o->reload = RELOAD_AUTO;
        else if (strcmp(mode, "always") == 0)
                o->reload = RELOAD_ALWAYS;
        else if (strcmp(mode, "no") == 0)
                o->reload = RELOAD_NO;
        else
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Unknown reload mode '%s': --reload= takes auto, always or no", mode);
        return 0;
}

static int add_extension(struct options *o, const char *extension, struct error *error)
{
        if (!*extension)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "--extension= needs a name or a path");
        return strv_append(&o->extensions, extension) < 0 ? error_set_oom(error) : 0;
}

static int add_unit(struct options *o, const char *path, struct error *error)
{
        if (!*path)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "--unit= needs the path of a unit file");
        return strv_append(&o->units, path) < 0 ? error_set_oom(error) : 0;
}

/* Options that are more than a switch. */
static int option_set_value(struct options *o, enum option_id id, const char *value, struct error *error)
{
        switch ((int)id) {
        case OPTION_HOST:
                return set_connection(o, &o->host, value, error);
        case OPTION_MACHINE:
                return set_connection(o, &o->machine, value, error);
        case OPTION_PROFILE:
                return set_profile(o, value, error);
        case OPTION_COPY:
                return set_copy_mode(o, value, error);
        case OPTION_EXTENSION:
                return add_extension(o, value, error);
        case OPTION_UNIT:
                return add_unit(o, value, error);
        case OPTION_JSON:
                return set_json(o, value, error);
        case OPTION_JSON_AUTO:
                o->json = JSON_AUTO;
                return 0;
        case OPTION_STATE:
                o->states = value;
                return 0;
        case OPTION_TYPE:
                o->types = value;
                return 0;
        case OPTION_SORT:
                o->sort = value;
                return 0;
        case OPTION_COLUMNS:
                o->columns = value;
                return 0;
        case OPTION_LINES:
                o->lines = value;
                return 0;
        case OPTION_SINCE:
                o->since = value;
                return 0;
        case OPTION_TIMEOUT:
                return set_timeout(o, value, error);
        case OPTION_MANAGER:
                return set_manager(o, value, error);
        case OPTION_SCOPE:
                return set_scope(o, value, error);
        case OPTION_RELOAD:
                return set_reload(o, value, error);
        case OPTION_NO_RELOAD:
                o->reload = RELOAD_NO;
                return 0;
        case OPTION_ROOT:
                return set_root(o, value, error);
        case OPTION_USER:
                o->user = true;
                return 0;
        default: /* --system */
                o->user = false;
                return 0;
        }
}

/* The field of an option that is a switch, NULL for others; and what the field becomes. */
static bool *option_switch(struct options *o, enum option_id id, bool *ret_value)
{
        const struct {
                bool *field, value;
        } switches[OPTION_ID_MAX] = {
                [OPTION_HELP] = {&o->help, true},
                [OPTION_VERSION] = {&o->version, true},
                [OPTION_QUIET] = {&o->quiet, true},
                [OPTION_CAT] = {&o->cat, true},
                [OPTION_RUNTIME] = {&o->runtime, true},
                [OPTION_ENABLE] = {&o->enable, true},
                [OPTION_NOW] = {&o->now, true},
                [OPTION_CLEAN] = {&o->clean, true},
                [OPTION_FORCE] = {&o->force, true},
                [OPTION_STRICT] = {&o->strict, true},
                [OPTION_CONFINE] = {&o->confine, true},
                [OPTION_VERBOSE] = {&o->verbose, true},
                [OPTION_FULL] = {&o->full, true},
                [OPTION_FOLLOW] = {&o->follow, true},
                [OPTION_DRY_RUN] = {&o->dry_run, true},
                [OPTION_ATOMIC] = {&o->atomic, true},
                [OPTION_PRUNE] = {&o->prune, true},
                [OPTION_RETRY] = {&o->retry, true},
                [OPTION_FINISH] = {&o->finish, true},
                [OPTION_ALL] = {&o->all, true},
                [OPTION_NO_PAGER] = {&o->pager, false},
                [OPTION_NO_LEGEND] = {&o->legend, false},
                [OPTION_NO_ASK_PASSWORD] = {&o->ask_password, false},
                [OPTION_NO_BLOCK] = {&o->block, false},
        };

        *ret_value = switches[id].value;
        return switches[id].field;
}

static int option_set(struct options *o, enum option_id id, const char *value, struct error *error)
{
        bool on, *field = option_switch(o, id, &on);

        o->given |= UINT64_C(1) << id;
        if (!field)
                return option_set_value(o, id, value, error);
        *field = on;
        return 0;
}

/* The table as getopt_long(3) wants it. */
static void make_getopt(struct option *long_options, char *letters)
{
        for (int i = 0; i < OPTION_ID_MAX; i++) {
                const struct option_info *info = option_table + i;

                if (info->letter) {
                        *letters++ = info->letter;
                        if (info->value)
                                *letters++ = ':';
                }
                if (info->name)
                        *long_options++ =
                                (struct option){info->name, info->value ? required_argument : no_argument,
                                                NULL, CODE_FIRST + i};
        }
        *long_options = (struct option){};
        *letters = '\0';
}

/* OPTION_ID_MAX for '?', which getopt_long() has explained. */
static enum option_id option_from_code(int c)
{
        int id = 0;

        if (c >= CODE_FIRST)
                return (enum option_id)(c - CODE_FIRST);
        while (id < OPTION_ID_MAX && option_table[id].letter != c)
                id++;
        return (enum option_id)id;
}

/* getopt_long() has said what is wrong. */
static int unknown_option(const char *typed, struct error *error)
{
        const char *meant = suggest_option(typed);

        return meant ? error_set(error, ERROR_INVALID_ARGS, EINVAL, "Did you mean '--%s'?", meant) : -EINVAL;
}

/* What cannot go together. */
static int options_check(const struct options *o, struct error *error)
{
        const char *what = options_is_remote(o) ? "--host= and --machine=, which name another system"
                           : o->now             ? "--now: no service manager runs there"
                           : o->clean           ? "--clean: no service manager runs there"
                                                : NULL;

        if (o->user && o->host)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "--user cannot be used with --host=, try ssh; --machine=USER@.host reaches "
                                 "another user here");
        if (o->user && o->root)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "--user cannot be used with --root=: an OS tree has no user at home");
        if (!o->root || !what)
                return 0;
        return error_set(error, ERROR_INVALID_ARGS, EINVAL, "--root= cannot be used with %s", what);
}

int options_parse(int argc, char **argv, struct options *ret, char ***ret_args, struct error *error)
{
        _cleanup_options_ struct options o = {
                .pager = true,
                .legend = true,
                .ask_password = true,
                .block = true,
                .profile = "default",
                .copy_mode = "",
                .timeout = UINT64_MAX,
        };
        struct option long_options[OPTION_ID_MAX + 1];
        char letters[2 * OPTION_ID_MAX + 1];
        int c, r;

        make_getopt(long_options, letters);
        optind = 0; /* starts anew, also for a second call: getopt(3) */
        while ((c = getopt_long(argc, argv, letters, long_options, NULL)) >= 0) {
                enum option_id id = option_from_code(c);

                r = id == OPTION_ID_MAX ? unknown_option(argv[optind - 1], error)
                                        : option_set(&o, id, optarg, error);
                if (r < 0)
                        return r;
        }
        r = options_check(&o, error);
        if (r < 0)
                return r;
        *ret = o;
        o.extensions = NULL;
        o.units = NULL;
        *ret_args = argv + optind;
        return 0;
}

/* "--dry-run", or "-j" of what has a letter only. */
static void option_name(const struct option_info *info, char *buf, size_t size)
{
        if (info->name)
                snprintf(buf, size, "--%s", info->name);
        else
                snprintf(buf, size, "-%c", info->letter);
}

static int does_not_go(const struct option_info *info, enum command command, struct error *error)
{
        char name[32], list[256] = "";
        size_t n = 0;

        option_name(info, name, sizeof(name));
        for (int i = 0; i < COMMAND_MAX; i++)
                if (info->commands & (UINT32_C(1) << i))
                        n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "",
                                              commands[i].name);
        return error_set(error, ERROR_INVALID_ARGS, EINVAL, "%s does not go with '%s'; it goes with %s",
                         name, commands[command].name, list);
}

int options_check_command(const struct options *o, enum command command, struct error *error)
{
        for (int id = 0; id < OPTION_ID_MAX; id++) {
                const struct option_info *info = option_table + id;

                if (!(o->given & (UINT64_C(1) << id)) || (id == OPTION_JSON && o->json == JSON_OFF))
                        continue;
                if (!((info->commands | info->ignored) & (UINT32_C(1) << command)))
                        return does_not_go(info, command, error);
        }
        return 0;
}

void options_clear(struct options *o)
{
        o->extensions = strv_free(o->extensions);
        o->units = strv_free(o->units);
}

bool options_scope_is_user(const struct options *o)
{
        return o->scope ? strcmp(o->scope, "user") == 0 : o->user;
}

bool options_is_remote(const struct options *o)
{
        return o->host || o->machine;
}

uint64_t options_flags(const struct options *o)
{
        return (o->runtime ? PORTABLE_RUNTIME : 0) |
               (o->force ? PORTABLE_FORCE_ATTACH | PORTABLE_FORCE_EXTENSION : 0);
}
