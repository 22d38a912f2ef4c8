/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portablectl/offline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/path.h"
#include "basic/strv.h"
#include "operation/operation.h"
#include "operation/profile.h"
#include "portablectl/progress.h"
#include "portablectl/terminal.h"
#include "portablectl/tree-version.h"
#include "transaction/transaction.h"
#include "wire/names.h"

struct offline {
        int root_fd;
        unsigned manager_version; /* of the systemd in the tree, 0: not known */
        unsigned lock_before;     /* see transaction_lock_look() */
};

int offline_open(const char *directory, struct offline **ret, struct error *error)
{
        _cleanup_close_ int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_free_ char *shown = text_escape(directory);
        struct offline *o;

        if (fd < 0 && errno == ENOTDIR)
                return error_set(error, ERROR_INVALID_ARGS, errno, "--root=%s is no directory",
                                 shown ?: "?");
        if (fd < 0)
                return error_set_errno(error, errno, "Cannot open --root=%s", shown ?: "?");
        o = malloc(sizeof(*o));
        if (!o)
                return error_set_oom(error);
        *o = (struct offline){
                .manager_version = tree_manager_version(fd),
                .lock_before = transaction_lock_look(fd),
        };
        o->root_fd = steal_fd(&fd);
        *ret = o;
        return 0;
}

struct offline *offline_close(struct offline *o)
{
        if (!o)
                return NULL;
        transaction_lock_restore(o->root_fd, o->lock_before);
        fd_close(o->root_fd);
        free(o);
        return NULL;
}

int offline_root_fd(const struct offline *o)
{
        return o->root_fd;
}

int offline_begin(struct offline *o, struct operation *ret, struct error *error)
{
        int r = operation_begin(o->root_fd, false, ret, error);

        if (r >= 0)
                ret->manager_version = o->manager_version;
        return r;
}

static struct operation_request request_of(const struct attach_request *r)
{
        return (struct operation_request){
                .image = r->image,
                .extensions = r->extensions,
                .matches = r->matches,
                .profile = r->profile,
                .copy_mode = r->copy_mode,
                .flags = r->flags,
        };
}

/* As over the bus, changes that are not reported are left out. */
static int reported_changes(const struct change_list *all, struct change_list *ret)
{
        for (size_t i = 0; i < all->n; i++)
                if (!all->items[i].silent &&
                    !change_list_add(ret, all->items[i].type, all->items[i].path, all->items[i].source))
                        return -ENOMEM;
        return 0;
}

static void tell_messages(const struct operation *o)
{
        for (char **m = o->messages; m && *m; m++) {
                _cleanup_free_ char *line = text_escape(*m);

                if (line)
                        terminal_note("%s", line);
        }
}

static int take_outcome(struct operation_result *result, struct image_outcome *ret)
{
        error_move(&ret->error, &result->error);
        ret->changes.warnings = steal_pointer(result->warnings);
        if (reported_changes(&result->removed, &ret->changes.removed) < 0)
                return -ENOMEM;
        return reported_changes(&result->updated, &ret->changes.updated);
}

int offline_change_many(struct offline *o, enum change_verb verb, const struct attach_request *requests,
                        size_t n, uint64_t flags, struct progress *progress, struct image_outcome *outcomes,
                        struct error *error)
{
        static const enum operation_verb verbs[] = {
                [VERB_ATTACH] = OPERATION_ATTACH,
                [VERB_DETACH] = OPERATION_DETACH,
                [VERB_REATTACH] = OPERATION_REATTACH,
        };
        unsigned mode = (flags & PORTABLED_DRY_RUN ? OPERATION_DRY_RUN : 0) |
                        (flags & PORTABLED_ATOMIC ? OPERATION_ATOMIC : 0);
        _cleanup_free_ struct operation_request *copies = calloc(n, sizeof(*copies));
        struct operation_result *results = calloc(n, sizeof(*results));
        _cleanup_operation_ struct operation operation = {};
        int r = copies && results ? 0 : error_set_oom(error);

        for (size_t i = 0; r >= 0 && i < n; i++)
                copies[i] = request_of(requests + i);
        if (r >= 0)
                r = offline_begin(o, &operation, error);
        if (r >= 0) {
                operation.progress = progress->wanted ? progress_show : NULL;
                operation.progress_userdata = progress;
                r = operation_change(&operation, verbs[verb], copies, n, mode, results, error);
        }
        progress_end(progress);
        tell_messages(&operation);
        for (size_t i = 0; results && i < n; i++) {
                if (r >= 0 && take_outcome(results + i, outcomes + i) < 0)
                        r = error_set_oom(error);
                operation_result_clear(results + i);
        }
        free(results);
        return r;
}

int offline_set_read_only(struct offline *o, const char *image, bool read_only, struct error *error)
{
        _cleanup_operation_ struct operation operation = {};
        int r = offline_begin(o, &operation, error);

        return r < 0 ? r : operation_mark_read_only(&operation, image, read_only, error);
}

int offline_remove(struct offline *o, const char *image, struct error *error)
{
        _cleanup_operation_ struct operation operation = {};
        int r = offline_begin(o, &operation, error);

        return r < 0 ? r : operation_remove(&operation, image, error);
}

int offline_set_limit(struct offline *o, const char *image, uint64_t limit, struct error *error)
{
        _cleanup_operation_ struct operation operation = {};
        int r = offline_begin(o, &operation, error);

        if (r < 0)
                return r;
        return image ? operation_set_limit(&operation, image, limit, error)
                     : operation_set_pool_limit(&operation, limit, error);
}

int offline_get_profiles(struct offline *o, char ***ret, struct error *error)
{
        return profile_list(o->root_fd, ret, error);
}
