/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/operation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "manager/list.h"
#include "operation/check.h"
#include "operation/prepare.h"
#include "operation/remove-units.h"
#include "transaction/transaction.h"
#include "wire/names.h"

static bool is_attached_here(const struct attached_index *index, const size_t *found, size_t n,
                             const char *name)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(index->units[found[i]].name, name) == 0)
                        return true;
        return false;
}

/* Units that the old image had not must be free, as for a first attach. */
static int check_new_units_free(struct operation *o, const struct prepared *p,
                                const struct attached_index *index, const size_t *found, size_t n,
                                struct error *error)
{
        for (size_t i = 0; i < p->n_units; i++) {
                const char *name = p->units[i].file->name;
                int r;

                if (is_attached_here(index, found, n, name))
                        continue;
                r = operation_check_unit_absent(o, name, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* One transaction of both lists; the items are only borrowed. */
static int commit_both(struct transaction *t, const struct change_list *updated,
                       const struct change_list *removed, struct error *error)
{
        struct change_list all = {.n = updated->n + removed->n};
        int r;

        all.items = calloc(all.n + 1, sizeof(*all.items));
        if (!all.items)
                return error_set_oom(error);
        /* What is new comes first, so that no moment has less than either image. */
        if (updated->n)
                memcpy(all.items, updated->items, updated->n * sizeof(*all.items));
        if (removed->n)
                memcpy(all.items + updated->n, removed->items, removed->n * sizeof(*all.items));
        r = transaction_commit(t, &all, error);
        free(all.items);
        return r;
}

static int reattach_locked(struct operation *o, const struct operation_request *request, struct prepared *p,
                           struct transaction *t, struct change_list *ret_removed,
                           struct change_list *ret_updated, struct error *error)
{
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_changes_ struct change_list removed = {}, updated = {};
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
        if (!(request->flags & PORTABLE_FORCE_ATTACH)) {
                r = check_new_units_free(o, p, &index, found, n, error);
                if (r < 0)
                        return r;
        }
        r = prepare_plan(o, request, &index, found, n, p, &updated, error);
        if (r >= 0)
                r = remove_units_plan(o, &index, found, n, p, true, &removed, error);
        if (r >= 0)
                r = commit_both(t, &updated, &removed, error);
        if (r < 0)
                return r;

        *ret_removed = removed;
        *ret_updated = updated;
        removed = updated = (struct change_list){};
        return 0;
}

int operation_reattach(struct operation *o, const struct operation_request *request,
                       struct change_list *ret_removed, struct change_list *ret_updated, struct error *error)
{
        _cleanup_transaction_ struct transaction *t = NULL;
        _cleanup_prepared_ struct prepared p = {};
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
        r = prepare_layers(o, request, t, &p, error);
        if (r < 0)
                return r;
        return reattach_locked(o, request, &p, t, ret_removed, ret_updated, error);
}
