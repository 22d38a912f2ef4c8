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
#include "portablectl/terminal.h"
#include "portablectl/tree-version.h"
#include "transaction/transaction.h"

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

int offline_change(struct offline *o, enum change_verb verb, const struct attach_request *request,
                   struct image_changes *ret, struct error *error)
{
        static const enum operation_verb verbs[] = {
                [VERB_ATTACH] = OPERATION_ATTACH,
                [VERB_DETACH] = OPERATION_DETACH,
                [VERB_REATTACH] = OPERATION_REATTACH,
        };
        _cleanup_(operation_result_clear) struct operation_result result = {};
        struct operation_request r = request_of(request);
        _cleanup_operation_ struct operation operation = {};
        int q;

        q = offline_begin(o, &operation, error);
        if (q >= 0)
                q = operation_change(&operation, verbs[verb], &r, 1, 0, &result, error);
        tell_messages(&operation);
        if (q >= 0 && error_is_set(&result.error)) {
                q = -result.error.errnum;
                error_move(error, &result.error);
        }
        if (q < 0)
                return q;
        if (reported_changes(&result.removed, &ret->removed) < 0 ||
            reported_changes(&result.updated, &ret->updated) < 0)
                return error_set_oom(error);
        ret->warnings = steal_pointer(result.warnings);
        return 0;
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
