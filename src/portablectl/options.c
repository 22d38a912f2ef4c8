/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/profile-arg.h"
#include "wire/names.h"

enum {
        OPT_VERSION = 0x100,
        OPT_NO_PAGER,
        OPT_NO_LEGEND,
        OPT_NO_ASK_PASSWORD,
        OPT_COPY,
        OPT_RUNTIME,
        OPT_NO_RELOAD,
        OPT_CAT,
        OPT_ENABLE,
        OPT_NOW,
        OPT_NO_BLOCK,
        OPT_CLEAN,
        OPT_DRY_RUN,
        OPT_ATOMIC,
        OPT_ALL,
        OPT_EXTENSION,
        OPT_FORCE,
        OPT_ROOT,
        OPT_STRICT,
        OPT_JSON,
        OPT_USER,
        OPT_SYSTEM,
};

static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, OPT_VERSION},
        {"no-pager", no_argument, NULL, OPT_NO_PAGER},
        {"no-legend", no_argument, NULL, OPT_NO_LEGEND},
        {"no-ask-password", no_argument, NULL, OPT_NO_ASK_PASSWORD},
        {"host", required_argument, NULL, 'H'},
        {"machine", required_argument, NULL, 'M'},
        {"quiet", no_argument, NULL, 'q'},
        {"profile", required_argument, NULL, 'p'},
        {"copy", required_argument, NULL, OPT_COPY},
        {"runtime", no_argument, NULL, OPT_RUNTIME},
        {"no-reload", no_argument, NULL, OPT_NO_RELOAD},
        {"cat", no_argument, NULL, OPT_CAT},
        {"enable", no_argument, NULL, OPT_ENABLE},
        {"now", no_argument, NULL, OPT_NOW},
        {"no-block", no_argument, NULL, OPT_NO_BLOCK},
        {"clean", no_argument, NULL, OPT_CLEAN},
        {"dry-run", no_argument, NULL, OPT_DRY_RUN},
        {"atomic", no_argument, NULL, OPT_ATOMIC},
        {"all", no_argument, NULL, OPT_ALL},
        {"extension", required_argument, NULL, OPT_EXTENSION},
        {"force", no_argument, NULL, OPT_FORCE},
        {"strict", no_argument, NULL, OPT_STRICT},
        {"root", required_argument, NULL, OPT_ROOT},
        {"json", required_argument, NULL, OPT_JSON},
        {"user", no_argument, NULL, OPT_USER},
        {"system", no_argument, NULL, OPT_SYSTEM},
        {},
};

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

static int add_extension(struct options *o, const char *extension, struct error *error)
{
        if (!*extension)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "--extension= needs a name or a path");
        return strv_append(&o->extensions, extension) < 0 ? error_set_oom(error) : 0;
}

/* Options that take a value. */
static int option_set_value(struct options *o, int c, const char *value, struct error *error)
{
        switch (c) {
        case 'H':
                return set_connection(o, &o->host, value, error);
        case 'M':
                return set_connection(o, &o->machine, value, error);
        case 'p':
                return set_profile(o, value, error);
        case OPT_COPY:
                return set_copy_mode(o, value, error);
        case OPT_EXTENSION:
                return add_extension(o, value, error);
        case OPT_JSON:
                return set_json(o, value, error);
        case 'j':
                o->json = JSON_AUTO;
                return 0;
        case OPT_ROOT:
                return set_root(o, value, error);
        case OPT_USER:
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "Images can be attached to the system's service manager only, not to a "
                                 "user's (--user)");
        case OPT_SYSTEM:
                return 0;
        default: /* '?', explained by getopt_long() */
                return -EINVAL;
        }
}

/* Options that are a switch: the field, and what it becomes. */
static bool *option_switch(struct options *o, int c, bool *ret_value)
{
        *ret_value = true;
        switch (c) {
        case 'h':
                return &o->help;
        case 'q':
                return &o->quiet;
        case OPT_VERSION:
                return &o->version;
        case OPT_CAT:
                return &o->cat;
        case OPT_RUNTIME:
                return &o->runtime;
        case OPT_ENABLE:
                return &o->enable;
        case OPT_NOW:
                return &o->now;
        case OPT_CLEAN:
                return &o->clean;
        case OPT_FORCE:
                return &o->force;
        case OPT_STRICT:
                return &o->strict;
        case OPT_DRY_RUN:
                return &o->dry_run;
        case OPT_ATOMIC:
                return &o->atomic;
        case OPT_ALL:
                return &o->all;
        }
        *ret_value = false;
        switch (c) {
        case OPT_NO_PAGER:
                return &o->pager;
        case OPT_NO_LEGEND:
                return &o->legend;
        case OPT_NO_ASK_PASSWORD:
                return &o->ask_password;
        case OPT_NO_RELOAD:
                return &o->reload;
        case OPT_NO_BLOCK:
                return &o->block;
        }
        return NULL;
}

/* What cannot go together. */
static int options_check(const struct options *o, struct error *error)
{
        const char *what = options_is_remote(o) ? "--host= and --machine=, which name another system"
                           : o->now             ? "--now: no service manager runs there"
                           : o->clean           ? "--clean: no service manager runs there"
                                                : NULL;

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
                .reload = true,
                .block = true,
                .profile = "default",
                .copy_mode = "",
        };
        int c, r;

        optind = 0; /* starts anew, also for a second call: getopt(3) */
        while ((c = getopt_long(argc, argv, "hH:M:qp:j", long_options, NULL)) >= 0) {
                bool value, *field = option_switch(&o, c, &value);

                if (field) {
                        *field = value;
                        continue;
                }
                r = option_set_value(&o, c, optarg, error);
                if (r < 0)
                        return r;
        }
        r = options_check(&o, error);
        if (r < 0)
                return r;
        *ret = o;
        o.extensions = NULL;
        *ret_args = argv + optind;
        return 0;
}

void options_clear(struct options *o)
{
        o->extensions = strv_free(o->extensions);
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
