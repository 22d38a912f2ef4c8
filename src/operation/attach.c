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
#include "transaction/transaction.h"
#include "wire/names.h"

/* None of the units may be there or running already, unless forced. */
static int check_units_free(struct operation *o, const struct prepared *p, struct error *error)
{
        _cleanup_name_set_ struct name_set *active = NULL;
        int r;

        r = operation_get_active(o, &active, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < p->n_units; i++) {
                const char *name = p->units[i].file->name;

                r = operation_check_unit_absent(o, name, error);
                if (r < 0)
                        return r;
                if (active && name_set_contains(active, name))
                        return error_set(
                                error, ERROR_UNIT_EXISTS, EEXIST,
                                "Unit '%s' is active already, refusing (stop it with: systemctl stop '%s')",
                                name, name);
        }
        return 0;
}

/* Forced: units of the same names in the attach directories are taken over, whatever image they are of. */
static int find_replaced(const struct attached_index *index, const struct prepared *p, bool runtime,
                         size_t **ret, size_t *ret_n)
{
        _cleanup_free_ size_t *found = calloc(index->n_units + 1, sizeof(size_t));
        size_t n = 0;

        if (!found)
                return -ENOMEM;
        for (size_t i = 0; i < index->n_units; i++)
                for (size_t k = 0; k < p->n_units; k++)
                        if (index->units[i].runtime == runtime &&
                            strcmp(index->units[i].name, p->units[k].file->name) == 0) {
                                found[n++] = i;
                                break;
                        }
        *ret = steal_pointer(found);
        *ret_n = n;
        return 0;
}

static int attach_locked(struct operation *o, const struct operation_request *request, struct prepared *p,
                         struct transaction *t, struct change_list *ret, struct error *error)
{
        bool forced = request->flags & PORTABLE_FORCE_ATTACH, runtime = request->flags & PORTABLE_RUNTIME;
        _cleanup_attached_index_ struct attached_index index = {};
        _cleanup_changes_ struct change_list changes = {};
        _cleanup_free_ size_t *replaced = NULL;
        _cleanup_close_ int lock = -EBADF;
        size_t n_replaced = 0;
        int r;

        r = operation_lock(o, &lock, &index, error);
        if (r < 0)
                return r;
        if (forced)
                r = find_replaced(&index, p, runtime, &replaced, &n_replaced) < 0 ? error_set_oom(error) : 0;
        else
                r = check_units_free(o, p, error);
        if (r < 0)
                return r;
        r = prepare_plan(o, request, &index, replaced, n_replaced, p, &changes, error);
        if (r < 0)
                return r;
        r = transaction_commit(t, &changes, error);
        if (r < 0)
                return r;
        *ret = changes;
        changes = (struct change_list){};
        return 0;
}

int operation_attach(struct operation *o, const struct operation_request *request, struct change_list *ret,
                     struct error *error)
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
        return attach_locked(o, request, &p, t, ret, error);
}
