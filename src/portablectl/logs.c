/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "manager/pattern.h"
#include "portablectl/attached-units.h"
#include "portablectl/bus.h"
#include "portablectl/client.h"
#include "portablectl/program.h"
#include "portablectl/terminal.h"
#include "portablectl/verbs.h"

static int check_options(const struct options *o, struct error *error)
{
        if (o->host)
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "logs cannot be used with --host=: journalctl reads no other host's "
                                 "journal; try ssh %s portablectl logs",
                                 o->host);
        if (o->machine && o->user)
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "logs cannot be used with --machine= and --user together: journalctl reads "
                                 "no other user's journal as such");
        return 0;
}

/* Whose journal, and how it is shown. */
static int add_options(const struct options *o, char ***l)
{
        int r = strv_append(l, "journalctl");

        if (r >= 0 && o->machine)
                r = strv_appendf(l, "--machine=%s", o->machine);
        if (r >= 0 && o->root)
                r = strv_appendf(l, "--root=%s", o->root);
        if (r >= 0 && !o->pager)
                r = strv_append(l, "--no-pager");
        if (r >= 0 && o->quiet)
                r = strv_append(l, "--quiet");
        if (r >= 0 && o->follow)
                r = strv_append(l, "--follow");
        if (r >= 0 && o->lines)
                r = strv_appendf(l, "--lines=%s", o->lines);
        if (r >= 0 && o->since)
                r = strv_appendf(l, "--since=%s", o->since);
        return r;
}

/* What the units said, and what the service manager said of them. The name of a template is beside the
 * pattern for its instances as journalctl fails if all that there is are patterns that nothing matches. */
static int add_units(const struct options *o, char *const *units, char ***l)
{
        const char *option = o->user ? "--user-unit" : "--unit";
        int r = 0;

        for (; *units && r >= 0; units++) {
                const char *at = unit_name_is_template(*units) ? strchr(*units, '@') + 1 : NULL;

                r = strv_appendf(l, "%s=%s", option, *units);
                if (at && r >= 0)
                        r = strv_appendf(l, "%s=%.*s*%s", option, (int)(at - *units), *units, at);
        }
        return r;
}

/* Nothing tells the units of an image any more that is not attached; but the fields that the services had.
 */
static int add_fields(const char *image, char ***l)
{
        static const char *const fields[] = {"PORTABLE", "PORTABLE_ROOT", "PORTABLE_EXTENSION"};
        const char *suffix = string_ends_with(image, ".raw") ? "" : ".raw";
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(fields) && r >= 0; i++) {
                if (i > 0)
                        r = strv_append(l, "+");
                if (r >= 0)
                        r = strv_appendf(l, "%s=%s", fields[i], image);
                if (r >= 0 && *suffix)
                        r = strv_appendf(l, "%s=%s%s", fields[i], image, suffix);
        }
        return r;
}

static int note_detached(const struct client *client, const char *arg, struct error *error)
{
        _cleanup_free_ char *escaped = text_escape(arg);

        if (!escaped)
                return error_set_oom(error);
        if (!client->options->quiet)
                terminal_note("(Image '%s' is not attached; this is what its services logged when it was.)",
                              escaped);
        return 0;
}

/* How journalctl is told what to show. */
static int add_matches(struct client *client, char *const *args, char ***l, struct error *error)
{
        _cleanup_error_ struct error detached = {};
        _cleanup_strv_ char **units = NULL;
        int r = attached_units_get(client, args[0], args + 1, &units, &detached);

        if (r >= 0) {
                r = add_units(client->options, units, l);
                return r < 0 ? error_set_oom(error) : 0;
        }
        /* The journal takes no fields from the service managers of users. */
        if (detached.kind != ERROR_NO_SUCH_UNIT || args[1] || client->options->user) {
                error_move(error, &detached);
                return r;
        }
        r = note_detached(client, args[0], error);
        if (r >= 0)
                r = add_fields(path_base(args[0]), l) < 0 ? error_set_oom(error) : 0;
        return r;
}

int verb_logs(struct client *client, char **args, struct error *error)
{
        _cleanup_strv_ char **argv = NULL;
        int r = check_options(client->options, error);

        if (r >= 0 && options_is_remote(client->options))
                r = client_connect(client, error);
        if (r >= 0)
                r = add_options(client->options, &argv) < 0 ? error_set_oom(error) : 0;
        if (r >= 0)
                r = add_matches(client, args, &argv, error);
        if (r >= 0)
                r = program_become(argv, error);
        error_prefix(error, "Cannot show the log of image '%s': ", args[0]);
        return r;
}
