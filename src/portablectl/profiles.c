/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "operation/profile.h"
#include "portablectl/backend.h"
#include "portablectl/client.h"
#include "portablectl/here.h"
#include "portablectl/pager.h"
#include "portablectl/profile-arg.h"
#include "portablectl/show-profiles.h"
#include "portablectl/terminal.h"
#include "portablectl/verbs.h"

static int row_fill(struct profile_row *row, const char *name, const struct profile *p)
{
        row->name = strdup(name);
        if (!row->name || profile_get_description(p, &row->description) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < p->n; i++)
                if (strv_append(&row->files, p->parts[i].path) < 0)
                        return -ENOMEM;
        return 0;
}

static int read_rows(const struct operation *o, char *const *names, struct profile_table *t,
                     struct error *error)
{
        for (size_t i = 0; names[i]; i++) {
                _cleanup_error_ struct error e = {};
                _cleanup_profile_ struct profile p = {};

                /* A directory without any file is not a profile. */
                if (profile_read(o->root_fd, o->layout, names[i], &p, &e) < 0 &&
                    e.kind != ERROR_INVALID_ARGS) {
                        int r = -e.errnum;

                        error_move(error, &e);
                        return r;
                }
                if (p.n > 0 && row_fill(&t->rows[t->n++], names[i], &p) < 0)
                        return error_set_oom(error);
        }
        return 0;
}

/* Another system tells the names only. */
static int ask_rows(struct client *client, struct profile_table *t, char ***names, struct error *error)
{
        int r = backend_open(client, error);

        if (r >= 0)
                r = backend_get_profiles(client, names, error);
        if (r < 0)
                return r;
        t->rows = calloc(strv_length(*names) + 1, sizeof(*t->rows));
        for (size_t i = 0; t->rows && (*names)[i]; i++)
                if (!(t->rows[t->n++].name = strdup((*names)[i])))
                        return error_set_oom(error);
        return t->rows ? 0 : error_set_oom(error);
}

int verb_profiles(struct client *client, char **args, struct error *error)
{
        _cleanup_profile_table_ struct profile_table t = {};
        _cleanup_strv_ char **names = NULL;
        _cleanup_here_ struct here here = {};
        int r;

        if (options_is_remote(client->options)) {
                r = ask_rows(client, &t, &names, error);
        } else {
                r = here_begin(client, &here, error);
                if (r >= 0)
                        r = profile_list(here.operation.root_fd, client->layout, &names, error);
                if (r < 0)
                        return r;
                t.rows = calloc(strv_length(names) + 1, sizeof(*t.rows));
                r = t.rows ? read_rows(&here.operation, names, &t, error) : error_set_oom(error);
        }
        if (r < 0)
                return r;
        pager_open(client);
        return show_profiles(client, &t, error);
}

int verb_cat_profile(struct client *client, char **args, struct error *error)
{
        _cleanup_profile_ struct profile p = {};
        _cleanup_here_ struct here here = {};
        _cleanup_free_ char *profile = NULL;
        int r;

        if (options_is_remote(client->options))
                return error_set(error, ERROR_NOT_SUPPORTED, EOPNOTSUPP,
                                 "The profiles of another system cannot be read from here");
        r = profile_arg_resolve(client, args[0], &profile, error);
        if (r >= 0)
                r = here_begin(client, &here, error);
        if (r >= 0)
                r = profile_read(here.operation.root_fd, client->layout, profile, &p, error);
        if (r < 0)
                return r;
        pager_open(client);
        for (size_t i = 0; i < p.n; i++)
                show_profile_file(&client->terminal, &p.parts[i], i > 0);
        return 0;
}
