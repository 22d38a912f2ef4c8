/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction/switch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/cleanup.h"
#include "basic/directory.h"
#include "basic/error.h"
#include "basic/tree.h"
#include "transaction/private.h"
#include "transaction/reason.h"
#include "transaction/rename.h"
#include "transaction/view.h"
#include "transaction/work.h"

static bool is_immutable(int dir_fd, const char *name)
{
        struct statx stx;

        if (statx(dir_fd, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_TYPE, &stx) < 0)
                return false;
        return stx.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND);
}

static int fail(const struct work *w, const struct op *o, const struct change_view *v, int r,
                struct error *error)
{
        static const char *const verbs[OP_KIND_MAX] = {
                [OP_NEW] = "make", [OP_REPLACE] = "replace", [OP_REMOVE] = "remove", [OP_CLOSE] = "close"};
        const char *why = NULL;

        if (r == -EPERM && v->parent_fd >= 0 && is_immutable(v->parent_fd, v->target.name))
                why = "it has the immutable or append-only attribute";
        else if (r == -EPERM && v->parent_fd >= 0 && is_immutable(v->parent_fd, ""))
                why = "its directory has the immutable or append-only attribute";
        else if (r == -EEXIST)
                why = "there is something of that name already";
        else if (r == -EISDIR)
                why = "it is a directory";
        else if (r == -ENOTDIR)
                why = "it is not a directory";
        else if (r == -EXDEV)
                why = "the file system cannot move it (a lower layer of overlayfs, or a project quota)";
        else if (r == -EOPNOTSUPP)
                why = "the file system cannot replace it in one step";
        if (why)
                return error_set(error, ERROR_SYSTEM, r, "Cannot %s '%s': %s", verbs[o->kind], o->path, why);
        return reason_set(error, reason_in(w, r), r, "Cannot %s '%s'", verbs[o->kind], o->path);
}

static int directory_is_empty(int dir_fd, const char *name)
{
        _cleanup_closedir_ DIR *d = NULL;
        int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct dirent *e;
        int r = fd < 0 ? -errno : directory_take(fd, &d);

        if (r >= 0)
                r = directory_next(d, &e);
        return r < 0 ? r : r == 0;
}

static int do_remove(const struct op *o, const struct change_view *v)
{
        int r;

        if (!v->target_there)
                return 0;
        if (o->directory) {
                r = S_ISDIR(v->target_mode) ? directory_is_empty(v->target.dir_fd, v->target.name)
                                            : -ENOTDIR;
                if (r <= 0)
                        return o->if_empty && (r == 0 || r == -ENOTDIR) ? 0 : r ?: -ENOTEMPTY;
        } else if (!o->tree && S_ISDIR(v->target_mode)) {
                return -EISDIR;
        }

        r = rename_new(v->target, v->slot);
        if (r != -EXDEV)
                return r;
        /* overlayfs does not move directories of its lower layers. An empty one can go at once (undo makes
         * it again), a tree only when there is no way back any more: switch_complete() removes it then. */
        if (o->directory && unlinkat(v->target.dir_fd, v->target.name, AT_REMOVEDIR) < 0)
                return errno == ENOTEMPTY && o->if_empty ? 0 : -errno;
        return o->directory || (o->tree && S_ISDIR(v->target_mode)) ? 0 : -EXDEV;
}

static int do_replace(const struct op *o, const struct change_view *v)
{
        if (!v->target_there)
                return rename_new(v->slot, v->target);
        if (!o->tree && S_ISDIR(v->target_mode))
                return -EISDIR;
        return rename_swap(v->slot, v->target, v->spare);
}

int switch_do(struct work *w, const struct op *o, struct error *error)
{
        _cleanup_view_ struct change_view v;
        int r = view_open(w, o, &v);

        if (r >= 0 && o->kind == OP_CLOSE)
                r = private_do(w, o);
        else if (r >= 0 && v.parent_fd < 0)
                r = o->kind == OP_REMOVE ? 0 : v.parent_fd;
        else if (r >= 0 && o->kind == OP_NEW)
                r = rename_new(v.slot, v.target);
        else if (r >= 0 && o->kind == OP_REPLACE)
                r = do_replace(o, &v);
        else if (r >= 0)
                r = do_remove(o, &v);
        return r < 0 ? fail(w, o, &v, r, error) : 0;
}

static int say_left_alone(char ***messages, const struct op *o)
{
        return view_say(messages, "'%s' was changed by somebody else in the meantime and is left as it is",
                        o->path);
}

static int undo_new(const struct op *o, const struct change_view *v, char ***messages)
{
        if (v->slot_there) {
                /* Both: rename_new() stopped between link and unlink. */
                if (view_target_is_ours(o, v) && unlinkat(v->target.dir_fd, v->target.name, 0) < 0)
                        return -errno;
                return 0;
        }
        if (view_target_is_ours(o, v))
                return rename_new(v->target, v->slot);
        return v->target_there ? say_left_alone(messages, o) : 0;
}

static int undo_replace(const struct op *o, const struct change_view *v, char ***messages)
{
        bool spare_there = end_is_there(v->spare);
        struct end old = v->slot_there ? v->slot : v->spare;

        if (view_slot_is_staged(o, v))
                return 0;
        if (view_target_is_ours(o, v)) {
                if (v->slot_there)
                        return rename_swap(v->slot, v->target, v->spare);
                if (spare_there)
                        return renameat(v->spare.dir_fd, v->spare.name, v->target.dir_fd, v->target.name) < 0
                                       ? -errno
                                       : 0;
                return rename_new(v->target, v->slot);
        }
        if (!v->slot_there && !spare_there)
                return 0;
        return v->target_there ? say_left_alone(messages, o) : rename_new(old, v->target);
}

/* Makes a directory again that could only be removed, not moved. */
static int remake_directory(const struct op *o, const struct change_view *v)
{
        if (mkdirat(v->target.dir_fd, v->target.name, 0700) < 0)
                return -errno;
        if (fchownat(v->target.dir_fd, v->target.name, o->uid, o->gid, AT_SYMLINK_NOFOLLOW) < 0 &&
            errno != EPERM)
                return -errno;
        return fchmodat(v->target.dir_fd, v->target.name, o->mode & 07777, 0) < 0 ? -errno : 0;
}

static int undo_remove(const struct op *o, const struct change_view *v, char ***messages)
{
        if (v->slot_there)
                return v->target_there ? say_left_alone(messages, o) : rename_new(v->slot, v->target);
        return o->directory && o->mode && !v->target_there ? remake_directory(o, v) : 0;
}

int switch_undo(struct work *w, const struct op *o, char ***messages, struct error *error)
{
        _cleanup_view_ struct change_view v;
        int r = view_open(w, o, &v);

        if (r < 0)
                return reason_set(error, reason_in(w, r), r, "Cannot restore '%s'", o->path);
        if (v.parent_fd < 0)
                return 0;
        if (o->kind == OP_CLOSE)
                r = private_undo(w, o);
        else if (o->kind == OP_NEW)
                r = undo_new(o, &v, messages);
        else if (o->kind == OP_REPLACE)
                r = undo_replace(o, &v, messages);
        else
                r = undo_remove(o, &v, messages);
        return r < 0 ? reason_set(error, reason_in(w, r), r, "Cannot restore '%s'", o->path) : 0;
}

static int complete_new(const struct op *o, const struct change_view *v, char ***messages)
{
        int r;

        if (!view_slot_is_staged(o, v))
                return 0;
        if (view_target_is_ours(o, v))
                return unlinkat(v->slot.dir_fd, v->slot.name, 0) < 0 ? -errno : 0;
        r = rename_new(v->slot, v->target);
        return r == -EEXIST ? say_left_alone(messages, o) : r;
}

/* Removes a tree that can't be moved. overlayfs gives it another identity as soon as something in it is
 * gone, so that this has begun is noted first, durably. */
static int remove_in_place(struct work *w, const struct op *o, const struct change_view *v)
{
        int r;

        if (symlinkat(o->path, v->late.dir_fd, v->late.name) < 0 && errno != EEXIST)
                return -errno;
        if (!w->places[o->place].temporary && syncfs(v->late.dir_fd) < 0)
                return -errno;
        r = tree_remove(v->target.dir_fd, v->target.name);
        if (r < 0)
                return r;
        return unlinkat(v->late.dir_fd, v->late.name, 0) < 0 ? -errno : 0;
}

static int complete_remove(struct work *w, const struct op *o, const struct change_view *v)
{
        int r;

        if (end_is_there(v->late))
                return remove_in_place(w, o, v);
        if (v->slot_there || !view_target_is_ours(o, v))
                return 0;
        r = do_remove(o, v);
        return r >= 0 && o->tree && end_is_there(v->target) ? remove_in_place(w, o, v) : r;
}

int switch_complete(struct work *w, const struct op *o, char ***messages, struct error *error)
{
        _cleanup_view_ struct change_view v;
        int r = view_open(w, o, &v);

        if (r < 0)
                return fail(w, o, &v, r, error);
        if (v.parent_fd < 0)
                return 0;
        if (o->kind == OP_CLOSE)
                r = private_do(w, o);
        else if (o->kind == OP_NEW)
                r = complete_new(o, &v, messages);
        else if (o->kind == OP_REPLACE)
                r = view_slot_is_staged(o, &v) ? do_replace(o, &v) : 0;
        else
                r = complete_remove(w, o, &v);
        if (r == -ENOENT && o->kind == OP_CLOSE)
                return 0;
        return r < 0 ? fail(w, o, &v, r, error) : 0;
}
