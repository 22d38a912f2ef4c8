/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/operation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "manager/list.h"
#include "operation/check.h"
#include "operation/remove-units.h"
#include "transaction/transaction.h"
#include "wire/names.h"

static int check_units_stopped(struct operation *o, const struct attached_index *index, const size_t *found,
                               size_t n, struct error *error)
{
        _cleanup_name_set_ struct name_set *active = NULL;
        int r;

        r = operation_get_active(o, &active, error);
        if (r < 0)
                return r;
        for (size_t i = 0; active && i < n; i++) {
                const char *name = index->units[found[i]].name;

                if (name_set_contains(active, name))
                        return error_set(error, ERROR_UNIT_EXISTS, EEXIST,
                                         "Unit '%s' is active, not detaching (stop it with: systemctl stop "
                                         "'%s', or use "
                                         "portablectl detach --now)",
                                         name, name);
        }
        return 0;
}

static int detach_locked(struct operation *o, const struct operation_request *request, struct transaction *t,
                         struct change_list *ret, struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_changes_ struct change_list changes = {};
        _cleanup_free_ size_t *found = NULL;
        _cleanup_close_ int lock = -EBADF;
        size_t n;
        int r;

        r = operation_lock(o, &lock, &index, error);
        if (r < 0)
                return r;
        r = operation_find_attached(o, &index, request, request->flags & PORTABLE_RUNTIME, &found, &n,
                                    error);
        if (r < 0)
                return r;
        if (n == 0)
                return operation_error_not_attached(request->image, error);
        if (operation_set_image_path(o, index.units[found[0]].paths[0]) < 0)
                return error_set_oom(error);
        if (!(request->flags & PORTABLE_FORCE_ATTACH)) {
                r = check_units_stopped(o, &index, found, n, error);
                if (r < 0)
                        return r;
        }
        r = remove_units_plan(o, &index, found, n, NULL, false, &changes, error);
        if (r < 0)
                return r;
        r = transaction_commit(t, &changes, error);
        if (r < 0)
                return r;
        *ret = changes;
        changes = (struct change_list){};
        return 0;
}

int operation_detach(struct operation *o, const struct operation_request *request, struct change_list *ret,
                     struct error *error)
{
        _cleanup_transaction_ struct transaction *t = NULL;
        _cleanup_close_ int image_lock_fd = -EBADF;
        int r;

        r = operation_request_check(request, PORTABLE_FLAGS_ALL, error);
        if (r < 0)
                return r;
        r = operation_lock_image(o, request, &image_lock_fd, error);
        if (r < 0)
                return r;
        r = transaction_new(o->root_fd, request->flags & PORTABLE_RUNTIME, &t, error);
        if (r < 0)
                return r;
        return detach_locked(o, request, t, ret, error);
}
