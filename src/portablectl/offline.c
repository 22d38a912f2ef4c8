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
#include "operation/tree-version.h"
#include "portablectl/progress.h"
#include "portablectl/terminal.h"
#include "transaction/transaction.h"
#include "verify/foretell.h"
#include "wire/names.h"

struct offline {
        int root_fd;
        const struct layout *layout;
        unsigned manager_version; /* of the systemd in the tree, 0: not known */
        unsigned lock_before;     /* see transaction_lock_look() */
};

int offline_open(const char *directory, const struct layout *layout, struct offline **ret,
                 struct error *error)
{
        _cleanup_close_ int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_free_ char *shown = text_escape(directory);
        struct offline *o;

        if (fd < 0 && errno == ENOTDIR)
                return error_set(error, ERROR_INVALID_ARGS, errno, "--root=%s is not a directory",
                                 shown ?: "?");
        if (fd < 0)
                return error_set_errno(error, errno, "Cannot open --root=%s", shown ?: "?");
        o = malloc(sizeof(*o));
        if (!o)
                return error_set_oom(error);
        *o = (struct offline){
                .layout = layout,
                .manager_version = tree_manager_version(fd),
                .lock_before = transaction_lock_look(fd, layout),
        };
        o->root_fd = steal_fd(&fd);
        *ret = o;
        return 0;
}

struct offline *offline_close(struct offline *o)
{
        if (!o)
                return NULL;
        transaction_lock_restore(o->root_fd, o->layout, o->lock_before);
        fd_close(o->root_fd);
        free(o);
        return NULL;
}

int offline_begin(struct offline *o, struct operation *ret, struct error *error)
{
        int r = operation_begin(o->root_fd, o->layout, false, ret, error);

        if (r >= 0)
                ret->manager_version = o->manager_version;
        return r;
}

static void tell_messages(const struct operation *o)
{
        for (char **m = o->messages; m && *m; m++) {
                _cleanup_free_ char *line = text_escape(*m);

                if (line)
                        terminal_note("%s", line);
        }
}

int offline_run(struct offline *o, enum operation_verb verb, const struct operation_request *request,
                struct progress *progress, struct result *ret, struct error *error)
{
        _cleanup_operation_ struct operation operation = {};
        int r = offline_begin(o, &operation, error);

        if (r < 0)
                return r;
        operation.listener = (struct lock_listener){progress_tell_wait, progress};
        if (progress->wanted) {
                operation.progress = progress_show;
                operation.progress_userdata = progress;
        }
        operation.foretell = foretell_warn;
        r = operation_run(&operation, verb, request, ret, error);
        progress_end(progress);
        if (progress->change)
                tell_messages(&operation);
        result_drop_silent(ret);
        return r;
}

int offline_get_profiles(struct offline *o, char ***ret, struct error *error)
{
        return profile_list(o->root_fd, o->layout, ret, error);
}
