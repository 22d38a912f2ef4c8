/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "portablectl/attached-units.h"
#include "portablectl/client.h"
#include "portablectl/pager.h"
#include "portablectl/program.h"
#include "portablectl/terminal.h"
#include "portablectl/verbs.h"

/* systemctl knows all directories of drop-ins, and their order. */
static int make_command(const struct client *client, char *const *units, char ***ret)
{
        int r = strv_append(ret, "systemctl");

        if (r >= 0 && client->options->user)
                r = strv_append(ret, "--user");
        if (r >= 0)
                r = strv_append(ret, "--no-pager");
        if (r >= 0)
                r = strv_append(ret, "cat");
        if (r >= 0)
                r = strv_append(ret, "--");
        for (; *units && r >= 0; units++)
                r = strv_append(ret, *units);
        return r;
}

/* What is in the files came with an image: it goes to a terminal as other text from there does. */
static int show_units(struct client *client, char *const *units, struct error *error)
{
        _cleanup_strv_ char **argv = NULL;
        _cleanup_free_ char *text = NULL;
        int status;

        if (make_command(client, units, &argv) < 0)
                return error_set_oom(error);
        status = program_collect(argv, PROGRAM_STDOUT | PROGRAM_SHARE_STDERR, &text, error);
        if (status < 0)
                return status;
        pager_open(client);
        terminal_content(&client->terminal, text, strlen(text));
        return status;
}

int verb_cat(struct client *client, char **args, struct error *error)
{
        _cleanup_strv_ char **units = NULL;
        int r;

        if (options_is_remote(client->options) || client->options->root)
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "cat shows units of this system only, as systemctl cat does, not with "
                                 "--host=, --machine= or --root=");
        r = attached_units_get(client, args[0], args + 1, &units, error);
        if (r >= 0)
                r = show_units(client, units, error);
        if (r < 0)
                error_prefix(error, "Cannot show the units of image '%s': ", args[0]);
        return r;
}
