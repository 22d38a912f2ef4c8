/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation/operation.h"

#include "basic/error.h"
#include "operation/layers.h"
#include "operation/prepare.h"
#include "wire/names.h"

int operation_metadata(struct operation *o, const struct operation_request *request, bool require_units,
                       struct layers *ret, struct error *error)
{
        _cleanup_layers_ struct layers l = {};
        size_t n_units = 0;
        int r;

        r = operation_request_check(request, PORTABLE_FLAGS_ALL, error);
        if (r < 0)
                return r;
        r = layers_open(o, request, &l, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < l.n; i++)
                n_units += l.items[i].metadata->n_units;
        if (require_units && n_units == 0)
                return layers_error_no_match(&l, request->matches, error);
        *ret = l;
        l = (struct layers){};
        return 0;
}
