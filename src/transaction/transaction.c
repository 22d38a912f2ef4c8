/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/transaction.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "transaction/copy.h"
#include "transaction/journal.h"
#include "transaction/reason.h"
#include "transaction/recover.h"
#include "transaction/stage.h"
#include "transaction/switch.h"
#include "transaction/sync.h"

/*
 * The order of things on disk, and why it waits for the disk twice and no more:
 *
 *  1. Everything new is staged in the work directory, then the journal is written there.
 *  2. All that is written to disk (sync.h), and the directory the work directory is in. Only now may a
 *     rename reach the disk: undoing one needs the journal, and the file a name points to must be whole.
 *     On ext4 and xfs that is an fsync(2) for each new file, each new directory, the journal, the work
 *     directory and the one above; as all data are under way by then, the first of them is a single commit,
 *     of which the others find that it has been done. Elsewhere it is one syncfs(2).
 *  3. The renames, in the order of the list, but for what confines units: it goes last. After a crash from
 * here on the journal says how to go back.
 *  4. The journal's state byte is set to "commit". A crash from here on is completed, not undone; all that
 *     takes is on disk since 2, so it does not matter whether this byte or the renames get there first.
 *  5. The journal, the work directory and the directories renamed in are written to disk, again in a single
 *     commit. Now, and only now, success may be reported: the renames and the byte are durable. For recovery
 *     the byte alone would do; but what was enabled is to start at the next boot, before anything recovers.
 *  6. What was replaced goes, then the work directory. No sync: whatever of this a power loss takes back,
 *     recovery does again.
 *
 * On a way back (a failure from 3 on) the renames are undone, synced (with syncfs(2), as this is rare), and
 * only then is the work directory with the journal removed. A failure before 3 needs neither: nothing in
 * sight was touched. File systems in memory (work.h, "temporary") are never synced. Several file systems
 * are synced one by one at the same two points; the order between them does not matter either, for the
 * reason given in 4.
 */

enum phase {
        PHASE_STAGING,   /* nothing in sight was touched */
        PHASE_COMMITTED, /* all done; what was replaced is still to be removed */
        PHASE_OVER,      /* nothing of ours is left, or recovery has to finish it */
};

struct transaction {
        struct stage stage;
        enum phase phase;
        int journal_fd;
        bool nothing_left; /* by other transactions */
        void (*settle)(void *userdata);
        void *settle_userdata;
};

int transaction_new(int root_fd, const struct layout *layout, bool runtime, struct transaction **ret,
                    struct error *error)
{
        struct transaction *t = calloc(1, sizeof(*t));

        if (!t)
                return error_set_oom(error);
        t->journal_fd = -EBADF;
        t->stage.work.layout = layout;
        t->stage.work.runtime = runtime;
        t->stage.work.root_fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);
        if (t->stage.work.root_fd < 0) {
                int r = error_set_errno(error, errno, "Cannot take up the root directory");

                free(t);
                return r;
        }
        *ret = t;
        return 0;
}

/* Removes the work directory with all that is in it. */
static void drop(struct transaction *t)
{
        work_remove(&t->stage.work);
        work_clear(&t->stage.work);
        t->phase = PHASE_OVER;
}

/* The same when names were in sight: what others put into a directory meanwhile is not ours to remove. */
static void finish(struct transaction *t)
{
        struct stage *s = &t->stage;

        for (size_t i = 0; i < s->ops.n; i++)
                switch_discard(&s->work, &s->ops.items[i], NULL);
        drop(t);
}

/* Removes trees that could not be moved aside, then the rest. What can't be removed is left to recovery. */
static void finish_late(struct transaction *t)
{
        struct stage *s = &t->stage;
        int r = 0;

        for (size_t i = 0; i < s->ops.n && r >= 0; i++)
                if (s->ops.items[i].kind == OP_REMOVE && s->ops.items[i].tree)
                        r = switch_complete(&s->work, &s->ops.items[i], NULL, NULL);
        if (r >= 0)
                finish(t);
        else
                work_clear(&s->work);
}

void transaction_free(struct transaction *t)
{
        if (!t)
                return;
        if (t->phase == PHASE_COMMITTED)
                finish_late(t);
        else if (t->phase == PHASE_STAGING)
                drop(t);
        fd_close(t->journal_fd);
        fd_close(t->stage.work.root_fd);
        stage_clear(&t->stage);
        free(t);
}

void cleanup_transactionp(struct transaction **t)
{
        transaction_free(*t);
}

int transaction_stage_copy(struct transaction *t, const struct transaction_copy *copy, char ***notes,
                           struct error *error)
{
        struct staged_copy staged = {.private = copy->private};
        struct stage *s = &t->stage;
        int r;

        r = stage_prepare_copy(s, copy->target, &staged.place, &staged.slot, error);
        if (r < 0)
                return r;
        r = copy_image(copy, s->work.places[staged.place].fd, slot_name(staged.slot).name, notes, error);
        if (r < 0)
                return r;
        staged.target = strdup(copy->target);
        r = stage_add_copy(s, &staged);
        return r < 0 ? error_set_oom(error) : 0;
}

static int fail_journal(const struct stage *s, int r, struct error *error)
{
        return reason_set(error, reason_in(&s->work, r), r, "Cannot write '%s/journal'",
                          s->work.places[0].path);
}

int transaction_sync_copies(struct transaction *t, struct error *error)
{
        return work_sync(&t->stage.work, error);
}

/* A directory that is empty only because what belongs into it is still to be put back. */
static bool is_needed(const struct change *c, char *const *left)
{
        for (; c->type == CHANGE_UNLINK && c->if_empty && left && *left; left++)
                if (path_is_below(*left, c->path))
                        return true;
        return false;
}

static int stage_all(struct transaction *t, const struct change_list *changes, struct error *error)
{
        _cleanup_strv_ char **left = NULL;
        struct stage *s = &t->stage;
        int r = t->nothing_left ? 0 : recover_around(s->work.root_fd, s->work.layout, changes, &left, error);

        if (r < 0)
                return r;
        for (size_t i = 0; i < changes->n; i++) {
                if (is_needed(&changes->items[i], left))
                        continue;
                r = stage_change(s, &changes->items[i], error);
                if (r < 0)
                        return r;
        }
        if (s->ops.n == 0)
                return 0;
        r = journal_write(s->work.places[0].fd, &s->ops, &t->journal_fd);
        if (r < 0)
                return fail_journal(s, r, error);
        return sync_staged(s, t->journal_fd, error);
}

static int switch_some(struct transaction *t, bool confines, struct error *error)
{
        struct stage *s = &t->stage;
        int r = 0;

        for (size_t i = 0; i < s->ops.n && r >= 0; i++) {
                if (s->ops.items[i].confines == confines)
                        r = switch_do(&s->work, &s->ops.items[i], error);
        }
        return r;
}

static bool has_confining(const struct transaction *t)
{
        for (size_t i = 0; i < t->stage.ops.n; i++)
                if (t->stage.ops.items[i].confines)
                        return true;
        return false;
}

static int switch_all(struct transaction *t, struct error *error)
{
        struct stage *s = &t->stage;
        int r;

        r = switch_some(t, false, error);
        if (r >= 0 && has_confining(t)) {
                if (t->settle)
                        t->settle(t->settle_userdata);
                r = switch_some(t, true, error);
        }
        if (r < 0)
                return r;
        r = journal_mark(t->journal_fd, JOURNAL_COMMIT);
        if (r < 0)
                return fail_journal(s, r, error);
        return sync_switched(s, t->journal_fd, error);
}

static int undo_all(struct transaction *t, struct error *error)
{
        struct stage *s = &t->stage;
        int r;

        r = journal_mark(t->journal_fd, JOURNAL_INTENT);
        if (r < 0)
                return fail_journal(s, r, error);
        for (size_t i = s->ops.n; i-- > 0;) {
                r = switch_undo(&s->work, &s->ops.items[i], NULL, error);
                if (r < 0)
                        return r;
        }
        return work_sync(&s->work, error);
}

/* The way back. If even that fails the journal stays for recovery. */
static void roll_back(struct transaction *t, struct error *error)
{
        _cleanup_error_ struct error undo_error = {};

        if (undo_all(t, &undo_error) >= 0) {
                finish(t);
                return;
        }
        error_prefix(error,
                     "Undoing stopped (%s) and is completed by the next operation, after a first failure: ",
                     error_message(&undo_error));
        work_clear(&t->stage.work);
        t->phase = PHASE_OVER;
}

static bool has_tree_to_remove(const struct transaction *t)
{
        for (size_t i = 0; i < t->stage.ops.n; i++)
                if (t->stage.ops.items[i].tree && t->stage.ops.items[i].kind != OP_NEW)
                        return true;
        return false;
}

void transaction_set_nothing_left(struct transaction *t)
{
        t->nothing_left = true;
}

void transaction_set_settle(struct transaction *t, void (*settle)(void *userdata), void *userdata)
{
        t->settle = settle;
        t->settle_userdata = userdata;
}

int transaction_commit(struct transaction *t, const struct change_list *changes, struct error *error)
{
        int r;

        if (t->phase != PHASE_STAGING)
                return error_set(error, ERROR_FAILED, EINVAL, "The transaction is over already");

        r = stage_all(t, changes, error);
        if (r < 0 || t->stage.ops.n == 0) {
                drop(t);
                return r;
        }
        r = switch_all(t, error);
        if (r < 0) {
                roll_back(t, error);
                return r;
        }
        t->phase = PHASE_COMMITTED;
        /* The removal of an image copy can take long; transaction_free() does it, without the lock. */
        if (!has_tree_to_remove(t))
                finish(t);
        return 0;
}
