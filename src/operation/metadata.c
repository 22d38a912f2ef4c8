/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/strv.h"
#include "operation/layers.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "wire/names.h"

/* What is behind an alias is known only after a first look, and read by a second one. */
static int read_aliased(struct operation *o, const struct operation_request *request, struct layers *l,
                        char ***ret, struct error *error)
{
        _cleanup_strv_ char **matches = NULL;
        struct operation_request again = *request;
        int r;

        if (strv_copy(request->matches, &matches) < 0)
                return error_set_oom(error);
        r = layers_add_aliased(l, request->matches, &matches, NULL);
        if (r < 0)
                return error_set_oom(error);
        if (r > 0) {
                layers_clear(l);
                again.matches = matches;
                r = layers_open(o, &again, l, error);
                if (r < 0)
                        return r;
        }
        *ret = steal_pointer(matches);
        return 0;
}

int operation_metadata(struct operation *o, const struct operation_request *request, char ***ret_matches,
                       struct layers *ret, struct error *error)
{
        _cleanup_layers_ struct layers l = {};
        _cleanup_strv_ char **matches = NULL;
        size_t n_units = 0;
        int r;

        r = operation_request_check(request, PORTABLE_FLAGS_ALL, error);
        if (r >= 0)
                r = layers_open(o, request, &l, error);
        if (r >= 0 && ret_matches)
                r = read_aliased(o, request, &l, &matches, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < l.n; i++)
                n_units += l.items[i].metadata->n_units;
        if (ret_matches && n_units == 0)
                return layers_error_no_match(&l, request->matches, error);
        if (ret_matches)
                *ret_matches = steal_pointer(matches);
        *ret = l;
        l = (struct layers){};
        return 0;
}
