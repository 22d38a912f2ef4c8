/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/recover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "transaction/journal.h"
#include "transaction/op.h"
#include "transaction/switch.h"
#include "transaction/transaction.h"
#include "transaction/work.h"

static int undo_all(struct work *w, const struct op_list *ops, char ***messages, struct error *error)
{
        for (size_t i = ops->n; i-- > 0;) {
                int r = switch_undo(w, &ops->items[i], messages, error);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int complete_all(struct work *w, const struct op_list *ops, char ***messages, struct error *error)
{
        for (size_t i = 0; i < ops->n; i++) {
                int r = switch_complete(w, &ops->items[i], messages, error);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int say(char ***messages, const char *what, const struct work *w, const struct op_list *ops)
{
        char *s;
        int n;

        if (!messages)
                return 0;
        if (ops->n > 1)
                n = asprintf(&s, "%s, on '%s' and %zu more", what, ops->items[0].path, ops->n - 1);
        else if (ops->n == 1)
                n = asprintf(&s, "%s, on '%s'", what, ops->items[0].path);
        else
                n = asprintf(&s, "%s, in '%s'", what, w->places[0].path);
        return n < 0 ? -ENOMEM : strv_consume(messages, s);
}

/* What the file system of a further work directory held is out of reach, or gone with a reboot. */
static void forget_lost_places(struct work *w, struct op_list *ops, char ***messages)
{
        size_t kept = 0;

        for (size_t i = 0; i < ops->n; i++) {
                struct op *o = &ops->items[i];
                struct op_list one = {o, 1};

                if (o->place < w->n_places && w->places[o->place].fd >= 0) {
                        ops->items[kept++] = *o;
                        continue;
                }
                say(messages, "The file system of an unfinished operation is not there any more", w, &one);
                op_clear(o);
        }
        ops->n = kept;
}

static int finish_dead(struct work *w, void *userdata, struct error *error)
{
        char ***messages = userdata;
        enum journal_state state = JOURNAL_INTENT;
        __attribute__((cleanup(op_list_clear))) struct op_list ops = {};
        const char *what;
        int r = journal_read(w->places[0].fd, &ops, &state);

        if (r == -EPROTO)
                return error_set(error, ERROR_SYSTEM, EPROTO,
                                 "Cannot read '%s/journal', which another version has written: let that one "
                                 "finish it, or remove '%s'",
                                 w->places[0].path, w->places[0].path);
        if (r < 0 && r != -ENOENT && r != -EBADMSG) {
                error_set_errno(error, r, "Cannot read '%s/journal'", w->places[0].path);
                error_suffix(error, "; if that stays so, remove its directory");
                return r;
        }
        if (r < 0) {
                what = "Removed what an operation that broke off had prepared";
        } else {
                what = state == JOURNAL_COMMIT ? "Completed an operation that broke off"
                                               : "Undid an operation that broke off";
                forget_lost_places(w, &ops, messages);
                r = state == JOURNAL_COMMIT ? complete_all(w, &ops, messages, error)
                                            : undo_all(w, &ops, messages, error);
                if (r >= 0)
                        r = work_sync(w, error);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < ops.n; i++)
                switch_discard(w, &ops.items[i], messages);
        work_remove(w);
        return say(messages, what, w, &ops) < 0 ? error_set_oom(error) : 0;
}

/* One that cannot be finished now is told, and stands in the way of its own paths only. */
static int finish_or_tell(struct work *w, void *userdata, struct error *error)
{
        char ***messages = userdata, *line = NULL;

        if (!error_is_set(error) && finish_dead(w, messages, error) >= 0)
                return 0;
        if (messages && asprintf(&line, "%s. Other images are not concerned", error_message(error)) < 0)
                line = NULL;
        error_clear(error);
        return messages && strv_consume(messages, line) < 0 ? error_set_oom(error) : 0;
}

struct around {
        const struct change_list *changes;
        char **left;
};

/* Whether the directory that is new in an op has something else below the child. */
static bool is_directory(char *const *children, const char *child)
{
        size_t n = strlen(child);

        for (; *children; children++)
                if (strncmp(*children, child, n) == 0 && (*children)[n] == '/' && (*children)[n + 1])
                        return true;
        return false;
}

static char *path_of_child(const struct op *o, const char *child)
{
        size_t n = strlen(child);
        char *path = path_join(o->path, child);

        if (path && n > 0 && child[n - 1] == '/') /* a tree */
                path[strlen(path) - 1] = '\0';
        return path;
}

/* The paths that an op is about, strv. Directories may be shared by images; what is in them is not. */
static int list_paths(const struct op_list *ops, char ***ret)
{
        int r = 0;

        for (size_t i = 0; i < ops->n && r >= 0; i++) {
                const struct op *o = ops->items + i;

                if (!o->directory && o->kind != OP_CLOSE)
                        r = strv_append(ret, o->path);
                for (char **c = o->children; c && *c && r >= 0; c++)
                        if (!is_directory(o->children, *c))
                                r = strv_consume(ret, path_of_child(o, *c));
        }
        return r;
}

static int keep(char ***left, char *const *paths)
{
        int r = 0;

        for (; paths && *paths && r >= 0; paths++)
                r = strv_append(left, *paths);
        return r;
}

static bool concerns(const struct change_list *changes, const char *path)
{
        for (size_t i = 0; i < changes->n; i++) {
                const struct change *c = changes->items + i;

                if (c->type != CHANGE_MKDIR && !c->if_empty &&
                    (path_is_below(c->path, path) || path_is_below(path, c->path)))
                        return true;
        }
        return false;
}

static int go_around(struct work *w, void *userdata, struct error *error)
{
        __attribute__((cleanup(op_list_clear))) struct op_list ops = {};
        _cleanup_strv_ char **paths = NULL;
        struct around *a = userdata;
        enum journal_state state;
        bool stands = false;

        /* Of what cannot be read nobody knows what it is about. */
        if (error_is_set(error) || journal_read(w->places[0].fd, &ops, &state) < 0)
                return error_clear(error), 0;
        if (list_paths(&ops, &paths) < 0)
                return error_set_oom(error);
        for (char **p = paths; p && *p && !stands; p++)
                stands = concerns(a->changes, *p);
        if (!stands)
                return keep(&a->left, paths) < 0 ? error_set_oom(error) : 0;
        if (finish_dead(w, NULL, error) < 0) {
                error_prefix(error,
                             "An operation that broke off, on '%s', has to be finished first: ", paths[0]);
                return -error->errnum;
        }
        return 0;
}

int recover_around(int root_fd, const struct layout *layout, const struct change_list *changes,
                   char ***ret_left, struct error *error)
{
        struct around a = {.changes = changes};
        int r = work_find_dead(root_fd, layout, go_around, &a, error);

        if (r < 0)
                strv_free(a.left);
        else
                *ret_left = a.left;
        return r;
}

int transaction_recover(int root_fd, const struct layout *layout, char ***ret_messages, struct error *error)
{
        _cleanup_strv_ char **messages = NULL;
        int r = work_find_dead(root_fd, layout, finish_or_tell, ret_messages ? &messages : NULL, error);

        if (r < 0)
                return r;
        if (ret_messages)
                *ret_messages = steal_pointer(messages);
        return 0;
}

int transaction_list_unfinished(int root_fd, const struct layout *layout, char ***ret, struct error *error)
{
        return work_list_dead(root_fd, layout, ret, error);
}
