/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/offline-enable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "manager/pattern.h"
#include "operation/stale-links.h"
#include "portablectl/client.h"
#include "portablectl/here.h"
#include "portablectl/program.h"
#include "portablectl/report.h"
#include "portablectl/root-arg.h"
#include "portablectl/show.h"

/* Takes the root out of the paths in a line, in place. */
static void strip_root(char *line, const char *root)
{
        size_t n = strlen(root);

        if (n <= 1)
                return;
        for (char *s = line; (s = strstr(s, root)); s++)
                if (s[n] == '/')
                        memmove(s, s + n, strlen(s + n) + 1);
}

static int report_lines(const struct client *client, const char *output, const char *root, bool failed,
                        const char *verb, const char *unit)
{
        _cleanup_strv_ char **lines = NULL;
        _cleanup_error_ struct error error = {};
        size_t n;

        if (strv_split(output, "\n", &lines) < 0)
                return -ENOMEM;
        n = strv_length(lines);
        for (size_t i = 0; i < n; i++) {
                strip_root(lines[i], root);
                if (!failed && !client->options->quiet)
                        report_note(client, lines[i]);
        }
        if (!failed)
                return 0;
        error_set(&error, ERROR_FAILED, EIO, "Failed to %s the portable service %s: %s", verb, unit,
                  n > 0 ? lines[n - 1] : "systemctl does not say why");
        /* A template can be enabled only if it says for which instance. */
        if (unit_name_is_template(unit)) {
                if (!client->options->quiet)
                        report_note(client, error_message(&error));
                return 0;
        }
        return report_failure(client, &error);
}

static int run_one(struct client *client, const char *root, const char *unit, bool enable)
{
        const char *verb = enable ? "enable" : "disable",
                   *runtime = client->options->runtime ? "--runtime" : "";
        _cleanup_free_ char *option = NULL, *output = NULL;
        _cleanup_error_ struct error error = {};
        int r;

        if (asprintf(&option, "--root=%s", root) < 0)
                return error_set_oom(&error), report_failure(client, &error);
        r = program_collect((char *[]){(char *)"systemctl", option,
                                       (char *)(*runtime ? runtime : "--system"), (char *)verb, (char *)"--",
                                       (char *)unit, NULL},
                            PROGRAM_STDOUT | PROGRAM_STDERR, &output, &error);
        if (r < 0) {
                error_prefix(&error, "Failed to %s the portable service %s: ", verb, unit);
                return report_failure(client, &error);
        }
        return report_lines(client, output, root, r != 0, verb, unit);
}

static void remove_links(const struct client *client, const struct here *here, const char *unit)
{
        _cleanup_strv_ char **removed = NULL;

        stale_links_remove(&here->operation, unit, client->options->runtime, &removed);
        for (size_t i = 0; removed && removed[i] && !client->options->quiet; i++)
                show_file_change(&client->terminal, "unlink", removed[i], "");
}

void offline_remove_links(const struct client *client, const char *unit)
{
        _cleanup_here_ struct here here = {};

        if (here_begin(client, &here, NULL) >= 0)
                remove_links(client, &here, unit);
}

int offline_enable(struct client *client, char *const *units, bool enable)
{
        _cleanup_free_ char *root = NULL;
        _cleanup_error_ struct error error = {};
        _cleanup_here_ struct here here = {};
        int r, failed = 0;

        if (here_begin(client, &here, &error) < 0)
                return report_failure(client, &error);
        r = root_path(client->options->root, &root);
        if (r < 0) {
                error_set_errno(&error, r, "Cannot follow --root=%s", client->options->root);
                return report_failure(client, &error);
        }
        for (size_t i = 0; units && units[i]; i++) {
                const char *unit = path_base(units[i]);

                if (!enable && !stale_links_has_unit(&here.operation, unit))
                        remove_links(client, &here, unit);
                else if (run_one(client, root, unit, enable) < 0)
                        failed = -EIO;
        }
        return failed;
}
