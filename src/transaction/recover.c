/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "basic/cleanup.h"
#include "basic/error.h"
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
                n = asprintf(&s, "%s, on '%s' and %zu more.", what, ops->items[0].path, ops->n - 1);
        else if (ops->n == 1)
                n = asprintf(&s, "%s, on '%s'.", what, ops->items[0].path);
        else
                n = asprintf(&s, "%s, in '%s'.", what, w->places[0].path);
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

        if (r < 0 && r != -ENOENT && r != -EBADMSG)
                return error_set_errno(error, r, "Cannot read '%s/journal'", w->places[0].path);
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

int transaction_recover(int root_fd, const struct layout *layout, char ***ret_messages, struct error *error)
{
        _cleanup_strv_ char **messages = NULL;
        int r = work_find_dead(root_fd, layout, finish_dead, ret_messages ? &messages : NULL, error);

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
