/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/agent.h"
#include "portablectl/backend.h"
#include "portablectl/bus.h"
#include "portablectl/client.h"
#include "portablectl/help.h"
#include "portablectl/offline.h"
#include "portablectl/pager.h"
#include "portablectl/report.h"
#include "portablectl/verbs.h"

#define ANY SIZE_MAX

static const struct verb {
        struct verb_help help;
        size_t min, max; /* number of arguments */
        int (*run)(struct client *client, char **args, struct error *error);
        bool json; /* has JSON output */
        bool all;  /* has --all, and then needs no argument */
} verbs[] = {
        {{"list", "", "List the images there are, and whether they are attached"}, 0, 0, verb_list, true},
        {{"attach", "IMAGE [PREFIX...]", "Make the units of an image units of this system"},
         1,
         ANY,
         verb_attach,
         true,
         true},
        {{"detach", "IMAGE [PREFIX...]", "Undo what attach did"}, 1, ANY, verb_detach, true, true},
        {{"reattach", "IMAGE [PREFIX...]", "Put another version in the place of the attached one"},
         1,
         ANY,
         verb_reattach,
         true,
         true},
        {{"inspect", "IMAGE [PREFIX...]", "Show what is in an image"}, 1, ANY, verb_inspect, true},
        {{"is-attached", "IMAGE", "Print the state of an image; with --quiet the exit status tells"},
         1,
         1,
         verb_is_attached,
         true},
        {{"status", "[IMAGE...]", "Show what is attached: units, profile, and whether the image still fits"},
         0,
         ANY,
         verb_status,
         true},
        {{"verify", "IMAGE [PREFIX...]", "Find all that would go wrong with an image, without attaching it"},
         1,
         ANY,
         verb_verify,
         true},
        {{"exec", "IMAGE -- COMMAND...", "Run a command as a service of the image would run"},
         2,
         ANY,
         verb_exec},
        {{"shell", "IMAGE", "The same for a shell"}, 1, 1, verb_shell},
        {{"profiles", "", "List the profiles there are, and what they are for"}, 0, 0, verb_profiles, true},
        {{"cat-profile", "PROFILE", "Show the files of a profile"}, 1, 1, verb_cat_profile},
        {{"read-only", "IMAGE [BOOL]", "Protect an image against changes, or no longer"},
         1,
         2,
         verb_read_only},
        {{"remove", "IMAGE...", "Delete images"}, 1, ANY, verb_remove},
        {{"set-limit", "[IMAGE] BYTES", "Limit the size of an image, or of all together"},
         1,
         2,
         verb_set_limit},
};

static const struct verb *verb_find(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (strcmp(verbs[i].help.name, name) == 0)
                        return &verbs[i];
        return NULL;
}

static void show_help(struct client *client, const struct verb *verb)
{
        struct verb_help all[ELEMENTSOF(verbs)];

        pager_open(client);
        if (verb) {
                help_show_verb(&client->terminal, &verb->help);
                return;
        }
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                all[i] = verbs[i].help;
        help_show(&client->terminal, all, ELEMENTSOF(all));
}

static int list_profiles(struct client *client, struct error *error)
{
        _cleanup_strv_ char **profiles = NULL;
        int r;

        r = backend_open(client, error);
        if (r >= 0)
                r = backend_get_profiles(client, &profiles, error);
        if (r < 0) {
                error_prefix(error, "Failed to list profiles: ");
                return r;
        }
        if (client->options->legend)
                report_note(client, "Available unit profiles:");
        for (size_t i = 0; profiles[i]; i++)
                puts(profiles[i]);
        return 0;
}

static int verb_run(struct client *client, const struct verb *verb, char **args, struct error *error)
{
        size_t n = strv_length(args);

        if (client->options->all && !verb->all)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "portablectl %s has no --all",
                                 verb->help.name);
        if (n < verb->min && !client->options->all)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "Too few arguments: portablectl %s %s",
                                 verb->help.name, verb->help.arguments);
        if (client->options->json != JSON_OFF && !verb->json)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "portablectl %s has no JSON output",
                                 verb->help.name);
        if (n > verb->max)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "Too many arguments: portablectl %s%s%s",
                                 verb->help.name, *verb->help.arguments ? " " : "", verb->help.arguments);
        return verb->run(client, args, error);
}

/* What the options ask for before any verb is looked at. Returns 1 if something did. */
static int run_options(struct client *client, const struct verb *verb, struct error *error)
{
        int r;

        if (client->options->help) {
                show_help(client, verb);
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
        const char *name = args[0] ? args[0] : "list";
        bool help = strcmp(name, "help") == 0;
        const struct verb *verb = help && args[1] ? verb_find(args[1]) : verb_find(name);
        int r;

        r = run_options(client, args[0] ? verb : NULL, error);
        if (r != 0)
                return r < 0 ? r : 0;
        if (help && (verb || !args[1])) {
                show_help(client, verb);
                return 0;
        }
        if (!verb)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Unknown command '%s'; see portablectl --help", help ? args[1] : name);
        return verb_run(client, verb, args[0] ? args + 1 : args, error);
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

int main(int argc, char **argv)
{
        _cleanup_options_ struct options options = {};
        _cleanup_error_ struct error error = {};
        struct client client = {.options = &options};
        char **args;
        int r;

        signal(SIGPIPE, SIG_IGN);
        set_locale(&client.terminal);
        r = options_parse(argc, argv, &options, &args, &error);
        if (r >= 0)
                r = run(&client, args, &error);
        r = finish_output(r, &error);
        pager_close(&client);
        if (r < 0 && error_is_set(&error))
                report_failure(&client, &error);
        client_disconnect(&client);
        client.offline = offline_close(client.offline);
        agent_close(&client);
        return r < 0 ? EXIT_FAILURE : r;
}
