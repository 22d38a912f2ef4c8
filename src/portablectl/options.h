/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PORTABLECTL_OPTIONS_H
#define PORTABLECTL_OPTIONS_H

/* The command line's options as plain data, filled once by main() and only read afterwards. */

#include <stdbool.h>
#include <stdint.h>

#include "portablectl/command-line.h"
#include "portablectl/json.h"

struct error;

enum reload_mode {
        RELOAD_ALWAYS,
        RELOAD_AUTO, /* where it is needed */
        RELOAD_NO,
};

struct options {
        uint64_t given; /* bits 1U << OPTION_…: those on the command line */
        bool help;
        bool version;
        bool quiet;
        bool pager;        /* may be used */
        bool legend;       /* headers and footers */
        bool ask_password; /* the polkit agent and interactive authorisation are allowed */
        bool cat;
        bool runtime;
        enum reload_mode reload;
        bool enable;
        bool now;
        bool block;
        bool clean;
        bool force;
        bool strict;
        bool confine;
        bool verbose;
        const char *scope; /* --scope=, "system" or "user"; NULL: that of the service manager */
        unsigned manager;  /* --manager=, 0: that of the system */
        bool full;
        bool follow;
        const char *lines, *since;                   /* of logs, as given */
        const char *states, *types, *sort, *columns; /* of list, as given; NULL: not given */
        bool dry_run;
        bool atomic;
        bool prune;
        bool retry, finish;    /* update */
        bool all;              /* attach, detach, reattach: every image, and none is not an error */
        const char *profile;   /* never NULL */
        bool profile_given;    /* by --profile= */
        const char *copy_mode; /* as on the bus: "", "copy", "symlink", "mixed" */
        char **extensions;     /* as given */
        char **units;          /* paths of unit files, as given */
        const char *host;      /* -H, NULL: not remote */
        const char *machine;   /* -M, NULL: no container */
        bool user;        /* --user, the service manager of a user; the last of it and --system counts */
        const char *root; /* --root=, NULL: this system, by its daemon */
        uint64_t timeout; /* --timeout=, µs for the whole command; UINT64_MAX: none */
        enum json_mode json;
        bool list_json_modes; /* --json=help */
        bool list_profiles;   /* --profile=help */
        bool list_copy_modes; /* --copy=help */
};

/*
 * Parses argv with getopt_long(3), which also permutes it: *ret_args is the first argument that is not an
 * option. A problem that getopt_long() has printed already leaves *error unset. Strings point into argv.
 * Returns 0 or a negative errno. Free with options_clear().
 */
int options_parse(int argc, char **argv, struct options *ret, char ***ret_args, struct error *error);
/* Whether each option that was given goes with the command, see command-line.h: 0, or -EINVAL with *error
 * saying which commands it goes with. */
int options_check_command(const struct options *o, enum command command, struct error *error);

void options_clear(struct options *o);
#define _cleanup_options_ __attribute__((cleanup(options_clear)))

/* For whose services an image is looked at. */
bool options_scope_is_user(const struct options *o);

/* Connected to another system: paths there can't be looked at from here. */
bool options_is_remote(const struct options *o);

/* The t argument of the *WithExtensions methods. */
uint64_t options_flags(const struct options *o);

#endif
