/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "basic/text.h"
#include "manager/manager.h"
#include "manager/pattern.h"
#include "portablectl/change-images.h"
#include "portablectl/client.h"
#include "portablectl/report.h"
#include "portablectl/request.h"
#include "portablectl/units.h"
#include "portablectl/verbs.h"

/* The units that attach brought: enabled, then started. */
static int enable_units(struct client *client, const struct changes_done *done, struct error *error)
{
        _cleanup_strv_ char **paths = NULL;
        int r;

        if (!client->options->enable)
                return 0;
        r = units_from_changes(client->layout, done->updated, false, &paths, error);
        return r < 0 ? r : units_enable(client, &done->images, paths);
}

static int start_units(struct client *client, const struct changes_done *done, struct error *error)
{
        _cleanup_strv_ char **paths = NULL;
        int r;

        if (!client->options->now)
                return 0;
        r = units_from_changes(client->layout, done->updated, false, &paths, error);
        return r < 0 ? r : units_run(client, "start", paths, client->options->block, error);
}

/* Those of the units that can be enabled and are not, between blanks as words of a shell. *ret stays NULL if
 * there are none. */
static int list_enablable(struct client *client, char *const *names, char **ret, struct error *error)
{
        struct manager_unit_file *files = NULL;
        _cleanup_strv_ char **words = NULL;
        size_t n = 0;
        int r = manager_get_unit_file_states(client->bus, names, &files, &n, error);

        for (size_t i = 0; i < n && r >= 0; i++)
                if (strv_contains(names, files[i].name) && !unit_name_is_template(files[i].name) &&
                    strcmp(files[i].state, "disabled") == 0 &&
                    strv_consume(&words, text_quote(files[i].name)) < 0)
                        r = error_set_oom(error);
        manager_unit_files_free(files, n);
        if (r < 0 || !words)
                return r;
        strv_sort(words);
        *ret = strv_join(words, " ");
        return *ret ? 0 : error_set_oom(error);
}

static bool next_is_wanted(const struct client *client, const struct changes_done *done)
{
        const struct options *o = client->options;

        return client->terminal.errors_shown && !o->quiet && o->json == JSON_OFF && !o->root &&
               !options_is_remote(o) && done->images.n == 1;
}

/* One line of commands, of which people take what they want. */
static int tell_commands(const struct client *client, const char *typed, bool startable, const char *enable,
                         struct error *error)
{
        const char *scope = client->options->user ? " --user" : "";
        _cleanup_free_ char *name = text_quote(typed), *all = NULL, *line = NULL;
        _cleanup_strv_ char **shown = NULL;
        int r = name ? 0 : -ENOMEM;

        if (r >= 0 && startable)
                r = strv_appendf(&shown, "portablectl%s start %s", scope, name);
        if (r >= 0 && enable)
                r = strv_appendf(&shown, "systemctl%s%s enable %s", scope,
                                 client->options->runtime ? " --runtime" : "", enable);
        if (r >= 0)
                r = strv_appendf(&shown, "portablectl%s logs %s", scope, name);
        all = r >= 0 ? strv_join(shown, "; ") : NULL;
        if (!all || asprintf(&line, "Next: %s", all) < 0) {
                line = NULL;
                return error_set_oom(error);
        }
        report_note(client, line);
        return 0;
}

static int tell_next(struct client *client, const struct changes_done *done, struct error *error)
{
        _cleanup_strv_ char **paths = NULL, **names = NULL;
        _cleanup_free_ char *enable = NULL;
        int r;

        if (!next_is_wanted(client, done))
                return 0;
        r = units_from_changes(client->layout, done->updated, false, &paths, error);
        if (r >= 0)
                r = units_expand(client, paths, INSTANCES_NONE, &names, error);
        if (r >= 0 && names && !client->options->enable)
                r = list_enablable(client, names, &enable, error);
        if (r < 0 || !paths)
                return r;
        return tell_commands(client, done->images.requests->typed, names && !client->options->now, enable,
                             error);
}

static int finish_units(struct client *client, const struct changes_done *done, struct error *error)
{
        int r = start_units(client, done, error), q = 0;

        if (!error_is_set(error))
                q = tell_next(client, done, error);
        return r < 0 ? r : q;
}

static const struct change_verb verb = {OPERATION_ATTACH, "attach",    "attached", NULL,
                                        enable_units,     finish_units};

int verb_attach(struct client *client, char **args, struct error *error)
{
        if (args[0] && args[1] && !args[2] && strcmp(args[1], "-") == 0)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL,
                                 "Refusing to attach all unit files of image '%s': name their prefixes",
                                 args[0]);
        return change_images(client, &verb, args, error);
}
