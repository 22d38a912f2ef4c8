/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/op.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "basic/strv.h"

int identity_look(int dir_fd, const char *name, mode_t *ret_mode, struct identity *ret)
{
        struct statx stx;

        if (statx(dir_fd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_INO | STATX_BTIME,
                  &stx) < 0)
                return errno == ENOENT ? 0 : -errno;
        *ret_mode = stx.stx_mode;
        *ret = (struct identity){.inode = stx.stx_ino};
        if (stx.stx_mask & STATX_BTIME)
                ret->birth = (uint64_t)stx.stx_btime.tv_sec * UINT64_C(1000000000) + stx.stx_btime.tv_nsec;
        return 1;
}

void op_clear(struct op *o)
{
        free(o->path);
        strv_free(o->children);
        *o = (struct op){};
}

void op_list_clear(struct op_list *l)
{
        for (size_t i = 0; i < l->n; i++)
                op_clear(&l->items[i]);
        free(l->items);
        *l = (struct op_list){};
}

struct op *op_list_add(struct op_list *l, struct op *o)
{
        /* Room is doubled whenever the list is full, which it is at each power of two. */
        if ((l->n & (l->n - 1)) == 0) {
                struct op *grown = reallocarray(l->items, l->n ? l->n * 2 : 1, sizeof(*grown));

                if (!grown) {
                        op_clear(o);
                        return NULL;
                }
                l->items = grown;
        }
        l->items[l->n] = *o;
        *o = (struct op){};
        return &l->items[l->n++];
}
