/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/view.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/fd.h"
#include "basic/path.h"
#include "basic/strv.h"

void view_close(struct change_view *v)
{
        v->parent_fd = fd_close(v->parent_fd);
}

bool end_is_there(struct end e)
{
        return faccessat(e.dir_fd, e.name, F_OK, AT_SYMLINK_NOFOLLOW) >= 0;
}

static int look(struct change_view *v)
{
        int r = identity_look(v->slot.dir_fd, v->slot.name, &v->slot_mode, &v->slot_id);

        if (r < 0)
                return r;
        v->slot_there = r;
        if (v->parent_fd < 0)
                return 0;
        r = identity_look(v->parent_fd, v->target.name, &v->target_mode, &v->target_id);
        if (r < 0)
                return r;
        v->target_there = r;
        return 0;
}

int view_open(struct work *w, const struct op *o, struct change_view *v)
{
        int fd;

        *v = (struct change_view){.parent_fd = -EBADF};
        if (o->place >= w->n_places)
                return -EBADMSG;
        fd = w->places[o->place].fd;
        if (fd < 0)
                return -ENOENT;
        v->parent_fd = fd_open_parent_in_root(w->root_fd, o->path);
        if (v->parent_fd < 0 && v->parent_fd != -ENOENT && v->parent_fd != -ENOTDIR)
                return v->parent_fd;
        v->names[0] = slot_name(o->slot);
        snprintf(v->names[1].name, sizeof(v->names[1].name), "o%" PRIu32, o->slot);
        snprintf(v->names[2].name, sizeof(v->names[2].name), "l%" PRIu32, o->slot);
        v->slot = (struct end){fd, v->names[0].name};
        v->spare = (struct end){fd, v->names[1].name};
        v->late = (struct end){fd, v->names[2].name};
        v->target = (struct end){v->parent_fd, path_base(o->path)};
        return look(v);
}

bool view_target_is_ours(const struct op *o, const struct change_view *v)
{
        return v->target_there && identity_equal(v->target_id, o->id);
}

bool view_slot_is_staged(const struct op *o, const struct change_view *v)
{
        return v->slot_there && identity_equal(v->slot_id, o->id);
}

int view_say(char ***messages, const char *format, ...)
{
        va_list ap;
        char *s;
        int n;

        if (!messages)
                return 0;
        va_start(ap, format);
        n = vasprintf(&s, format, ap);
        va_end(ap);
        return n < 0 ? -ENOMEM : strv_consume(messages, s);
}
