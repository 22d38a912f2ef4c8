/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "basic/cleanup.h"
#include "basic/error.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "transaction/stage.h"

int stage_prepare_copy(struct stage *s, const char *target, uint32_t *ret_place, uint32_t *ret_slot,
                       struct error *error)
{
        _cleanup_free_ char *directory = strdup(target);
        int r = -ENOENT;

        if (!path_is_normalized(target) || strcmp(target, "/") == 0)
                return error_set(error, ERROR_INVALID_ARGS, EINVAL, "'%s' is not a normalized path", target);
        /* The target's directory may be made later, by a change: then the one above it counts. */
        while (r == -ENOENT && directory && strcmp(directory, "/") != 0) {
                _cleanup_close_ int fd = -EBADF;
                char *parent = path_directory(directory);

                free(directory);
                directory = parent;
                if (!directory)
                        break;
                fd = fd_open_in_root(s->work.root_fd, directory, O_PATH | O_DIRECTORY, 0);
                r = fd < 0 ? fd : work_place(&s->work, fd, directory, ret_place, error);
        }
        if (!directory)
                return error_set_oom(error);
        if (r < 0)
                return error_set_errno(error, r, "Cannot copy to '%s'", target);
        *ret_slot = s->work.n_slots++;
        return 0;
}

int stage_add_copy(struct stage *s, struct staged_copy *copy)
{
        struct staged_copy *grown = NULL;

        if (copy->target)
                grown = reallocarray(s->copies, s->n_copies + 1, sizeof(*grown));
        if (!grown) {
                free(copy->target);
                return -ENOMEM;
        }
        s->copies = grown;
        grown[s->n_copies++] = *copy;
        return 0;
}
