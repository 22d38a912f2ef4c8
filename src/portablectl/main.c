/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "basic/error.h"
#include "basic/layout.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "portablectl/agent.h"
#include "portablectl/backend.h"
#include "portablectl/bus.h"
#include "portablectl/client.h"
#include "portablectl/exit-status.h"
#include "portablectl/help.h"
#include "portablectl/offline.h"
#include "portablectl/pager.h"
#include "portablectl/report.h"
#include "portablectl/suggest.h"
#include "portablectl/verbs.h"

static int (*const runs[COMMAND_MAX])(struct client *client, char **args, struct error *error) = {
        [COMMAND_LIST] = verb_list,           [COMMAND_ATTACH] = verb_attach,
        [COMMAND_DETACH] = verb_detach,       [COMMAND_REATTACH] = verb_reattach,
        [COMMAND_APPLY] = verb_apply,         [COMMAND_DEFINITIONS] = verb_definitions,
        [COMMAND_INSPECT] = verb_inspect,     [COMMAND_IS_ATTACHED] = verb_is_attached,
        [COMMAND_STATUS] = verb_status,       [COMMAND_START] = verb_start,
        [COMMAND_STOP] = verb_stop,           [COMMAND_RESTART] = verb_restart,
        [COMMAND_LOGS] = verb_logs,           [COMMAND_CAT] = verb_cat,
        [COMMAND_DIFF] = verb_diff,           [COMMAND_VERIFY] = verb_verify,
        [COMMAND_EXEC] = verb_exec,           [COMMAND_SHELL] = verb_shell,
        [COMMAND_PROFILES] = verb_profiles,   [COMMAND_CAT_PROFILE] = verb_cat_profile,
        [COMMAND_READ_ONLY] = verb_read_only, [COMMAND_REMOVE] = verb_remove,
        [COMMAND_SET_LIMIT] = verb_set_limit, [COMMAND_UPDATE] = verb_update,
};

/* COMMAND_MAX: there is none of that name. */
static enum command command_find(const char *name)
{
        int i = 0;

        while (i < COMMAND_MAX && strcmp(commands[i].name, name) != 0)
                i++;
        return (enum command)i;
}

/* command COMMAND_MAX: the help of all. */
static void show_help(struct client *client, enum command command)
{
        pager_open(client);
        if (command < COMMAND_MAX && command != COMMAND_HELP)
                help_show_command(&client->terminal, command);
        else
                help_show(&client->terminal);
}

static int list_profiles(struct client *client, struct error *error)
{
        _cleanup_strv_ char **profiles = NULL;
        int r;

        r = backend_open(client, error);
        if (r >= 0)
                r = backend_get_profiles(client, &profiles, error);
        if (r < 0) {
                error_prefix(error, "Cannot list profiles: ");
                return r;
        }
        if (client->options->legend)
                report_note(client, "Available unit profiles:");
        for (size_t i = 0; profiles[i]; i++) {
                _cleanup_free_ char *escaped = text_escape(profiles[i]);

                if (!escaped)
                        return error_set_oom(error);
                puts(escaped);
        }
        return 0;
}

static int unknown_command(const char *name, struct error *error)
{
        const char *meant = suggest_command(name);

        return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                         "Unknown command '%s'%s%s%s; see portablectl --help", name,
                         meant ? " (did you mean '" : "", meant ?: "", meant ? "'?)" : "");
}

static int command_run(struct client *client, enum command command, char **args, struct error *error)
{
        const struct command_info *info = commands + command;
        size_t n = strv_length(args);
        int r;

        r = options_check_command(client->options, command, error);
        if (r < 0)
                return r;
        if (n < info->min && !client->options->all)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "Too few arguments: portablectl %s %s",
                                 info->name, info->arguments);
        if (n > info->max)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "Too many arguments: portablectl %s%s%s",
                                 info->name, *info->arguments ? " " : "", info->arguments);
        if (command != COMMAND_HELP) {
                r = runs[command](client, args, error);
                if (r < 0 && error_is_set(error) && n > 0 && command != COMMAND_REMOVE)
                        suggest_image(client, args[0], args[1], error);
                return r;
        }
        command = n > 0 ? command_find(args[0]) : COMMAND_HELP;
        if (command == COMMAND_MAX)
                return unknown_command(args[0], error);
        show_help(client, command);
        return 0;
}

/* What the options ask for before any verb is looked at. Returns 1 if something did. */
static int run_options(struct client *client, enum command command, struct error *error)
{
        int r;

        if (client->options->help) {
                show_help(client, command);
                return 1;
        }
        if (client->options->version) {
                version_show();
                return 1;
        }
        if (client->options->list_copy_modes) {
                puts("auto\ncopy\nsymlink\nmixed");
                return 1;
        }
        if (client->options->list_json_modes) {
                puts("short\npretty\noff");
                return 1;
        }
        if (!client->options->list_profiles)
                return 0;
        r = list_profiles(client, error);
        return r < 0 ? r : 1;
}

static int run(struct client *client, char **args, struct error *error)
{
        enum command command = args[0] ? command_find(args[0]) : COMMAND_LIST;
        int r;

        r = run_options(client, args[0] ? command : COMMAND_MAX, error);
        if (r != 0)
                return r < 0 ? r : 0;
        if (command == COMMAND_MAX)
                return unknown_command(args[0], error);
        return command_run(client, command, args[0] ? args + 1 : args, error);
}

/* Only characters: our texts are in one language, and each category more is a file to load. Without any
 * locale set the terminal is taken to be one of UTF-8, and libsmartcols must know. */
static void set_locale(struct terminal *ret)
{
        setlocale(LC_CTYPE, "");
        terminal_detect(ret);
        if (ret->utf8 && strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
                setlocale(LC_CTYPE, "C.UTF-8");
}

/* A full disk must not pass for success; a reader that has seen enough is none of our business. */
static int finish_output(int r, struct error *error)
{
        if (fflush(stdout) == 0 || errno == EPIPE)
                return r;
        return error_set_errno(error, errno, "Cannot write the output");
}

static void tell_wait(const char *what, void *userdata)
{
        const struct client *client = userdata;
        _cleanup_free_ char *escaped = text_escape(what);

        if (escaped)
                terminal_note("Waiting for %s%s", escaped, client->terminal.utf8 ? "…" : "...");
}

/* Of any user, who need not be there: an image builder wants to know what would become of an image. */
static int invent_user(struct layout **ret)
{
        char runtime_dir[64];
        const char *home = layout_find_foreign() ? NULL : getenv("HOME");
        const struct layout_user user = {.home = home ?: "/", .runtime_dir = runtime_dir};

        snprintf(runtime_dir, sizeof(runtime_dir), LAYOUT_RUNTIME_DIR_FORMAT, (unsigned)getuid());
        return layout_new_user(&user, ret);
}

/* That of another user is known when there is a connection. */
static int choose_layout(struct client *client, struct error *error)
{
        const struct options *o = client->options;
        const char *foreign;
        int r;

        client->layout = &layout_system;
        if (!options_scope_is_user(o) || o->machine || o->help || o->version)
                return 0;
        foreign = layout_find_foreign();
        if (foreign && !o->scope)
                return error_set(error, ERROR_SYSTEM, EPERM,
                                 "$%s is a directory of another user than root, who may work for others by "
                                 "--machine=USER@.host --user only",
                                 foreign);
        r = foreign ? -ENXIO : layout_new_own(&client->own_layout);
        if (r == -ENXIO && o->scope)
                r = invent_user(&client->own_layout);
        if (r == -ENXIO)
                return error_set(
                        error, ERROR_SYSTEM, ENOMEDIUM,
                        "Failed to connect to bus: $XDG_RUNTIME_DIR or $HOME is not set, so this is not a "
                        "login session (root can use --machine=USER@.host --user)");
        if (r < 0)
                return error_set_oom(error);
        client->layout = client->own_layout;
        return 0;
}

static void wait_begin(struct client *client)
{
        uint64_t timeout = client->options->timeout;

        client->wait = (struct wait){
                .deadline = timeout == UINT64_MAX ? UINT64_MAX : clock_usec() + timeout,
                .tell = client->options->quiet ? NULL : tell_wait,
                .userdata = client,
        };
}

int main(int argc, char **argv)
{
        _cleanup_options_ struct options options = {};
        _cleanup_error_ struct error error = {};
        _cleanup_failures_ struct failures failures = {};
        struct client client = {.options = &options};
        char **args;
        int r;

        signal(SIGPIPE, SIG_IGN);
        set_locale(&client.terminal);
        r = options_parse(argc, argv, &options, &args, &error);
        wait_begin(&client);
        client.failures = options.json != JSON_OFF ? &failures : NULL;
        if (r >= 0)
                r = choose_layout(&client, &error);
        if (r >= 0)
                r = run(&client, args, &error);
        r = finish_output(r, &error);
        pager_close(&client);
        if (r < 0 && error_is_set(&error))
                report_failure(&client, &error);
        client_disconnect(&client);
        client.offline = offline_close(client.offline);
        agent_close(&client);
        layout_free(client.own_layout);
        if (r < 0)
                return client.interrupted ? 128 + client.interrupted
                                          : client.failure ?: (int)exit_status_from_error(&error);
        return r;
}
