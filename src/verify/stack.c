/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dissect/stack.h"

#include <errno.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "dissect/dissect.h"
#include "image/image.h"
#include "image/mstack.h"
#include "operation/operation.h"
#include "operation/prepare.h"
#include "plan/kind.h"
#include "verify/checks.h"
#include "verify/findings.h"

static const enum finding_id ids[STACK_NOTE_MAX] = {
        [STACK_NOTE_WRITABLE] = FOUND_LAYER_WRITABLE, [STACK_NOTE_OVERLAY] = FOUND_LAYER_OVERLAY,
        [STACK_NOTE_DISK] = FOUND_LAYER_DISK,         [STACK_NOTE_POINT] = FOUND_LAYER_POINT,
        [STACK_NOTE_LINK] = FOUND_LAYER_LINK,
};

/* The text is that of the refusal that follows, which then is not told again. */
int look_at_stack(struct operation *o, const char *image, struct stack *ret, struct findings *f,
                  struct error *error)
{
        _cleanup_image_ struct image *found = NULL;
        _cleanup_error_ struct error e = {};
        _cleanup_close_ int fd = -EBADF;

        if (image_find(o->root_fd, o->layout, image, &found, &fd, &e) < 0 || !image_kind(found->type)->stack)
                return e.kind == ERROR_NO_MEMORY ? error_set_oom(error) : 0;
        if (mstack_look(o->root_fd, fd, found->path, ret) < 0)
                return error_set_oom(error);
        for (size_t i = 0; i < ret->n; i++)
                if (ret->parts[i].missing &&
                    findings_add(f, FOUND_LAYER_MISSING, NULL, "%s", ret->parts[i].trouble) < 0)
                        return error_set_oom(error);
        return 0;
}

int check_stacks(const struct prepared *p, struct findings *f, struct error *error)
{
        for (size_t i = 0; i < p->layers.n; i++) {
                const struct stack_notes *notes = dissected_notes(p->layers.items[i].dissected);

                for (size_t k = 0; k < notes->n; k++)
                        if (findings_add(f, ids[notes->items[k].kind], NULL, "%s", notes->items[k].text) < 0)
                                return error_set_oom(error);
        }
        return 0;
}
